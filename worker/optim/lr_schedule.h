#pragma once

#include <cstdint>

#include "common/job_spec.h"

namespace descent {

// The learning rate of a step, a pure function of the step's number: nothing to save or restore.
// With last = total_steps - 1 and peak = max(warmup_steps, 1) - 1, all counted from 0:
//   step < warmup_steps   base_lr (step + 1) / warmup_steps
//   constant              base_lr
//   linear                min_lr + (base_lr - min_lr) (1 - p)
//   cosine                min_lr + (base_lr - min_lr) (1 + cos(pi p)) / 2
//   polynomial            min_lr + (base_lr - min_lr) (1 - p)^power
//   where p = (step - peak) / (last - peak) in [0, 1]
// So base_lr is reached at `peak`, and min_lr at the last step, if there is a step after the peak.
//   wsd                   base_lr up to the last decay_steps steps, then
//                         min_lr + (base_lr - min_lr) (1 - c(d)), d from 1 / decay_steps to 1
//   step                  base_lr gamma^k, k the milestones <= step, or step / every_steps
//   one_cycle             with top = rise total_steps - 1, which need not be a whole step:
//                         start + (base_lr - start) c(step / top) up to the top, then
//                         base_lr + (end - base_lr) c((step - top) / (last - top)),
//                         start = base_lr / start_divisor, end = start / end_divisor
//   where c is the curve: linear p, cosine (1 - cos(pi p)) / 2, or square_root sqrt(p).
// Requires 0 <= step < total_steps. The same bits on every machine.
// Sources: constant to polynomial, step and one_cycle are torch.optim.lr_scheduler's LinearLR,
// CosineAnnealingLR, PolynomialLR, MultiStepLR, StepLR and OneCycleLR without a cycle of momentum
// (Smith and Topin 2017); wsd Hu et al. 2024, its square root Haegele et al. 2024.
double LearningRateAt(const LrScheduleSpec& schedule, double base_lr, std::int64_t step,
                      std::int64_t total_steps);

}  // namespace descent
