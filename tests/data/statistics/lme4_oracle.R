# Rscript lme4_oracle.R > lme4_oracle.json
# Balanced sweeps with the standard error that lme4's mixed model gives the difference of two cells (Debian packages
# r-cran-lme4 and r-cran-jsonlite). Every variance of the model is well above 0, so that REML gives the balanced
# design's answer. Questions of a picture are taken together at every level, as the estimator does; what a seed does to
# a picture in all cells alike has a term of its own.
suppressMessages(library(lme4))
set.seed(7)
draw <- function(cells, seeds, pictures, k) {
  d <- expand.grid(question = 1:(pictures * k), seed = 1:seeds, cell = 1:cells)
  d$picture <- (d$question - 1) %/% k + 1
  part <- function(deviation, ...) {
    group <- interaction(..., drop = TRUE)
    rnorm(nlevels(group), sd = deviation)[as.integer(group)]
  }
  d$score <- 0.5 + 0.05 * d$cell + part(0.10, d$picture) + part(0.15, d$question) + part(0.12, d$picture, d$cell) +
    part(0.15, d$question, d$cell) + part(0.03, d$seed) + part(0.10, d$cell, d$seed) + part(0.12, d$picture, d$seed) +
    part(0.15, d$picture, d$cell, d$seed) + rnorm(nrow(d), sd = 0.1)
  d$score <- round(d$score, 4)
  for (name in c("question", "seed", "cell", "picture")) d[[name]] <- factor(d[[name]])
  model <- if (k == 1) {
    score ~ cell + (1 | picture) + (1 | picture:cell) + (1 | seed) + (1 | cell:seed) + (1 | picture:seed)
  } else {
    score ~ cell + (1 | picture) + (1 | picture:question) + (1 | picture:cell) + (1 | question:cell) + (1 | seed) +
      (1 | cell:seed) + (1 | picture:seed) + (1 | picture:cell:seed)
  }
  fit <- lmer(model, d, control = lmerControl(optimizer = "bobyqa", check.conv.grad = "ignore",
              optCtrl = list(rhobeg = 0.2, rhoend = 1e-10, maxfun = 200000)))
  if (any(as.data.frame(VarCorr(fit))$vcov < 1e-5)) return(NULL)
  of_two <- coef(summary(fit))["cell2", ]
  list(cells = cells, seeds = seeds, pictures = pictures, questions_a_picture = k, scores = d$score,
       difference = of_two[["Estimate"]], standard_error = of_two[["Std. Error"]], t = of_two[["t value"]])
}
sweep <- function(...) {
  repeat {
    drawn <- suppressMessages(draw(...))
    if (!is.null(drawn)) return(drawn)
  }
}
cases <- list(sweep(2, 3, 40, 1), sweep(2, 4, 30, 2), sweep(3, 3, 30, 1), sweep(4, 2, 24, 3))
cat(jsonlite::toJSON(cases, auto_unbox = TRUE, digits = 12), "\n")
