// What the kernels share. They are CUDA, and C++ for `emulate.cpp`, which runs them on the processor: threads of a block
// meet in __syncthreads and __shfl_xor_sync alone.
#pragma once

typedef unsigned long long u64;

// Kernels of rows give each row a warp; a block has several.
constexpr unsigned WARP = 32;

// Sum over the lanes of a warp, the same in each of them.
__device__ inline float warp_sum(float x) {
    for (unsigned offset = WARP / 2; offset > 0; offset /= 2) {
        x += __shfl_xor_sync(0xffffffffu, x, offset);
    }
    return x;
}

// Largest of the lanes of a warp.
__device__ inline float warp_max(float x) {
    for (unsigned offset = WARP / 2; offset > 0; offset /= 2) {
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, offset));
    }
    return x;
}

// The row of this thread's warp.
__device__ inline u64 row_of_warp() {
    return (u64)blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
}

// Number of this thread in the grid, and how many there are.
__device__ inline u64 first_place() { return (u64)blockIdx.x * blockDim.x + threadIdx.x; }
__device__ inline u64 n_threads() { return (u64)gridDim.x * blockDim.x; }

// `ops::mix`, bit for bit: the finalizer of SplitMix64.
__device__ inline u64 mix(u64 x) {
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

// What dropout multiplies a number by: zero where its draw lies below `limit`.
__device__ inline float drawn(u64 key, u64 place, u64 limit, float scale) {
    return (mix(key ^ mix(place)) >> 32) < limit ? 0.0f : scale;
}
