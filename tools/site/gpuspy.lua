-- Lmod: module load gpuspy
whatis("Tells whether a program used the GPU, and what it did there")
help([[Programs that are started after this are watched, and say at their end what they did with
the GPU. See gpuspy(1).]])
prepend_path("LD_PRELOAD", "@LIBRARY@", ":")
prepend_path("PATH", "@BINDIR@")
prepend_path("MANPATH", "@MANDIR@")
