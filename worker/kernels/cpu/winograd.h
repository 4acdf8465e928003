#pragma once

#include "worker/kernels/cpu/conv2d.h"
#include "worker/kernels/cpu/cpu_kernels.h"

namespace descent::cpu {

// Convolutions and their gradients by Winograd's F(2 x 2, 3 x 3), with 2.25 times fewer products
// than directly (winograd_transform.h). Tiles of 2 x 2 outputs are cut into groups by the sizes
// alone, and one thread transforms a group, multiplies the matrices of its 16 points and transforms
// the products, while they lie in its cache. So equal inputs give equal bits for any number of
// threads. Rounding is about twice that of a direct convolution: transformed patches are sums of
// four elements.

// Whether the convolution is of 3 x 3 with stride 1, and has so many channels, and so few tiles
// beyond its outputs, that this way is the faster one.
bool SuitsWinograd(const ConvolutionOperands& operands);

// As the kernels of conv2d, for operands that suit it.
PreparedStep PrepareWinograd(const KernelRequest& request, const ConvolutionOperands& operands);
PreparedStep PrepareWinogradInputGradient(const KernelRequest& request,
                                          const ConvolutionOperands& operands);
PreparedStep PrepareWinogradWeightGradient(const KernelRequest& request,
                                           const ConvolutionOperands& operands);

}  // namespace descent::cpu
