#include "worker/optim/adamw.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "worker/optim/adamw_kernel.h"
#include "worker/optim/deterministic_math.h"

namespace descent {
