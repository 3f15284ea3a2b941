// Runs one kernel on the processor, for tests: launch and memory on standard input, memory as the kernel leaves it on
// standard output, all in native byte order.
//
//   u32 buffers, each: u32 words, words
//   u32 length of the kernel's name, name as file/kernel; u32 blocks x, blocks y, threads
//   u32 arguments, each: u32 kind (0 address, 1 u32, 2 f32, 3 u64), u64 bits
//
// An address is (buffer + 1) << 32 | byte offset. Threads of a block are fibers that take turns, so that a run is the same
// each time; a kernel whose threads wait for one another for ever is reported.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <ucontext.h>
#include <utility>
#include <vector>

struct Triple {
    unsigned x, y, z;
};
static Triple threadIdx, blockIdx, blockDim, gridDim;

[[noreturn]] static void fail(const std::string &why) {
    fprintf(stderr, "%s\n", why.c_str());
    exit(1);
}

// Fibers.

struct Meeting {
    unsigned arrived = 0, round = 0;
};
struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack;
    bool done = false;
};
constexpr size_t STACK = 1 << 16;
static ucontext_t scheduler;
static std::vector<Fiber> fibers;
static std::vector<Meeting> warps;
static Meeting block;
static std::vector<float> exchanged;
static bool moved;
static std::function<void()> body;

static void meet(Meeting &meeting, unsigned n) {
    const unsigned me = threadIdx.x, round = meeting.round;
    if (++meeting.arrived == n) {
        meeting.arrived = 0;
        meeting.round++;
        moved = true;
    }
    while (meeting.round == round) swapcontext(&fibers[me].context, &scheduler);
}

static void __syncthreads() { meet(block, blockDim.x); }

static float __shfl_xor_sync(unsigned, float x, unsigned mask) {
    const unsigned me = threadIdx.x;
    exchanged[me] = x;
    meet(warps[me / 32], 32);
    const float other = exchanged[me ^ mask];
    meet(warps[me / 32], 32);
    return other;
}

static void run_fiber() {
    body();
    fibers[threadIdx.x].done = true;
    moved = true;
}

static void run_block() {
    warps.assign(blockDim.x / 32, {});
    block = {};
    for (auto &fiber : fibers) {
        fiber.done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = &scheduler;
        makecontext(&fiber.context, run_fiber, 0);
    }
    for (bool left = true; left;) {
        left = moved = false;
        for (unsigned t = 0; t < fibers.size(); t++) {
            if (fibers[t].done) continue;
            left = true;
            threadIdx = {t, 0, 0};
            swapcontext(&scheduler, &fibers[t].context);
        }
        if (left && !moved) fail("threads wait for one another for ever");
    }
}

// The kernels.

#define __global__
#define __device__
#define __shared__ static
#include "elementwise.cu"
#include "layer_norm.cu"
#include "softmax.cu"
#include "sums.cu"

// Input and output.

template <class T> static T take() {
    T value;
    if (fread(&value, sizeof value, 1, stdin) != 1) fail("the input ends early");
    return value;
}

struct Argument {
    unsigned kind;
    uint64_t bits;
};
static std::vector<std::vector<uint32_t>> buffers;
static std::vector<Argument> arguments;

template <class A> static A argument(size_t at) {
    const Argument &given = arguments[at];
    const unsigned wanted = std::is_pointer<A>::value           ? 0
                            : std::is_same<A, unsigned>::value ? 1
                            : std::is_same<A, float>::value    ? 2
                                                               : 3;
    if (given.kind != wanted) fail("argument " + std::to_string(at) + " is of another kind");
    if constexpr (std::is_pointer<A>::value) {
        if (given.bits == 0) return nullptr;
        auto &buffer = buffers.at((given.bits >> 32) - 1);
        return (A)((char *)buffer.data() + (uint32_t)given.bits);
    } else if constexpr (std::is_same<A, float>::value) {
        const uint32_t bits = (uint32_t)given.bits;
        float number;
        memcpy(&number, &bits, sizeof number);
        return number;
    } else {
        return (A)given.bits;
    }
}

template <class... A, size_t... I> static void run(void (*kernel)(A...), std::index_sequence<I...>) {
    if (arguments.size() != sizeof...(A)) fail("it takes " + std::to_string(sizeof...(A)) + " arguments");
    std::tuple<A...> values{argument<A>(I)...};
    body = [&] { std::apply(kernel, values); };
    for (unsigned y = 0; y < gridDim.y; y++) {
        for (unsigned x = 0; x < gridDim.x; x++) {
            blockIdx = {x, y, 0};
            run_block();
        }
    }
}

template <class... A> static std::function<void()> runner(void (*kernel)(A...)) {
    return [=] { run(kernel, std::index_sequence_for<A...>{}); };
}

int main() {
    const std::map<std::string, std::function<void()>> kernels = {
#define KERNEL(file, name) {#file "/" #name, runner(name)}
        KERNEL(elementwise, add_bias),
        KERNEL(elementwise, add_bias_and_rows),
        KERNEL(elementwise, add_columns),
        KERNEL(elementwise, add),
        KERNEL(elementwise, gelu),
        KERNEL(elementwise, gelu_backward),
        KERNEL(elementwise, dropout),
        KERNEL(elementwise, adamw),
        KERNEL(layer_norm, layer_norm),
        KERNEL(layer_norm, layer_norm_backward),
        KERNEL(layer_norm, layer_norm_moments),
        KERNEL(layer_norm, layer_norm_parameters),
        KERNEL(softmax, softmax),
        KERNEL(softmax, softmax_backward),
        KERNEL(softmax, dropout_weights),
        KERNEL(sums, column_sums),
        KERNEL(sums, gather_sums),
        KERNEL(sums, scatter_sums),
        KERNEL(sums, mean_pool),
        KERNEL(sums, mean_pool_backward),
    };
    buffers.resize(take<uint32_t>());
    for (auto &buffer : buffers) {
        buffer.resize(take<uint32_t>());
        for (auto &word : buffer) word = take<uint32_t>();
    }
    std::string name(take<uint32_t>(), ' ');
    for (auto &letter : name) letter = take<char>();
    gridDim = {take<uint32_t>(), 1, 1};
    gridDim.y = take<uint32_t>();
    blockDim = {take<uint32_t>(), 1, 1};
    const unsigned n = take<uint32_t>();
    for (unsigned at = 0; at < n; at++) {
        const auto kind = take<uint32_t>();
        arguments.push_back({kind, take<uint64_t>()});
    }
    fibers.resize(blockDim.x);
    for (auto &fiber : fibers) fiber.stack.reset(new char[STACK]);
    exchanged.resize(blockDim.x);
    const auto kernel = kernels.find(name);
    if (kernel == kernels.end()) fail("there is no kernel " + name);
    kernel->second();
    for (const auto &buffer : buffers) fwrite(buffer.data(), 4, buffer.size(), stdout);
    return 0;
}
