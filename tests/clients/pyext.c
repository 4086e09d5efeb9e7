/* SPDX-License-Identifier: MIT */
/* gpuspy_pyext: a Python extension module with cuDNN inside, as wheels of frameworks are. */
#define Py_LIMITED_API 0x03080000
#include <Python.h>

#include "deep.h"

static PyObject *forward(PyObject *module, PyObject *arguments)
{
	double version = 0;
	int rounds, status;

	(void)module;
	if (!PyArg_ParseTuple(arguments, "i", &rounds))
		return NULL;
	status = deep_run(rounds, &version);
	return Py_BuildValue("(di)", version, status);
}

static PyMethodDef methods[] = {
	{ "forward", forward, METH_VARARGS, "forward(rounds) -> (version, status)" },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "gpuspy_pyext",
	.m_size = -1,
	.m_methods = methods,
};

PyMODINIT_FUNC PyInit_gpuspy_pyext(void);

PyMODINIT_FUNC PyInit_gpuspy_pyext(void)
{
	return PyModule_Create(&definition);
}
