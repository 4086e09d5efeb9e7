# Rscript plain-vignettes.R PACKAGE: makes plain pages of a source package's vignettes where R has not
# what builds them (knitr, rmarkdown, pandoc), so that vignette() finds them all the same. It knows
# what is in ours: headings, paragraphs, lists, tables, code.
package <- commandArgs(TRUE)[[1L]]

escape <- function(text) gsub("<", "&lt;", gsub("&", "&amp;", text, fixed = TRUE), fixed = TRUE)

inline <- function(text) {
  text <- gsub("`([^`]+)`", "<code>\\1</code>", escape(text))
  text <- gsub("\\*\\*([^*]+)\\*\\*", "<b>\\1</b>", text)
  gsub("\\[([^]]+)\\]\\(([^)]+)\\)", "<a href=\"\\2\">\\1</a>", text)
}

row <- function(line, cell) {
  cells <- strsplit(gsub("^ *\\| *| *\\| *$", "", line), " *\\| *")[[1L]]
  paste0("<tr>", paste0("<", cell, ">", inline(cells), "</", cell, ">", collapse = ""), "</tr>")
}

block <- function(lines) {
  if (all(grepl("^ *\\|", lines))) {
    c("<table>", row(lines[[1L]], "th"), vapply(lines[-(1:2)], row, "", "td"), "</table>")
  } else if (grepl("^#+ ", lines[[1L]])) {
    level <- nchar(sub("^(#+) .*", "\\1", lines[[1L]]))
    sprintf("<h%d>%s</h%d>", level, inline(sub("^#+ ", "", lines[[1L]])), level)
  } else if (grepl("^[-*] ", lines[[1L]])) {
    items <- tapply(lines, cumsum(grepl("^[-*] ", lines)), paste, collapse = "\n")
    c("<ul>", paste0("<li>", inline(sub("^[-*] ", "", items)), "</li>"), "</ul>")
  } else {
    c("<p>", inline(paste(lines, collapse = "\n")), "</p>")
  }
}

body <- function(lines) {
  page <- character()
  waiting <- character()
  code <- FALSE
  for (line in c(lines, "")) {
    fence <- grepl("^```", line)
    if (!code && (fence || !nzchar(trimws(line))) && length(waiting)) {
      page <- c(page, block(waiting))
      waiting <- character()
    }
    if (fence) {
      page <- c(page, if (code) "</pre>" else "<pre>")
      code <- !code
    } else if (code) {
      page <- c(page, escape(line))
    } else if (nzchar(trimws(line))) {
      waiting <- c(waiting, line)
    }
  }
  page
}

publish <- function(file) {
  lines <- readLines(file, encoding = "UTF-8")
  header <- seq_len(which(lines == "---")[[2L]])
  title <- sub("^title: *\"(.*)\"", "\\1", grep("^title:", lines[header], value = TRUE)[[1L]])
  pages <- file.path(package, "inst", "doc")
  name <- sub("Rmd$", "html", basename(file))
  dir.create(pages, recursive = TRUE, showWarnings = FALSE)
  file.copy(file, pages)
  writeLines(c("<!DOCTYPE html>", "<html lang=\"en\"><meta charset=\"utf-8\">",
               paste0("<title>", escape(title), "</title>"),
               "<style>body { max-width: 50em; margin: 2em auto; font-family: sans-serif; line-height: 1.4 }",
               "pre { background: #eee; padding: 0.7em; overflow: auto } td, th { padding: 0.2em 0.6em;",
               "border-bottom: 1px solid #ccc; text-align: left; vertical-align: top }</style>",
               paste0("<h1>", escape(title), "</h1>"), body(lines[-header]), "</html>"),
             file.path(pages, name), useBytes = TRUE)
  data.frame(File = basename(file), Title = title, PDF = name, R = "", Depends = I(list(character())),
             Keywords = I(list(character())), stringsAsFactors = FALSE)
}

index <- do.call(rbind, lapply(sort(Sys.glob(file.path(package, "vignettes", "*.Rmd"))), publish))
dir.create(file.path(package, "build"), showWarnings = FALSE)
saveRDS(index, file.path(package, "build", "vignette.rds"), version = 2)
