#version 450
// SPDX-License-Identifier: MIT
// What the GPU computes; MixShader.Mix computes the same on the CPU and checks it. README.md says how this becomes mix.spv.

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) buffer Block
{
    uint words[];
};

layout(push_constant) uniform Job
{
    uint count;
    uint seed;
    uint rounds;
};

void main()
{
    uint word = gl_GlobalInvocationID.x;
    if (word >= count)
    {
        return;
    }

    uint x = seed;
    for (uint done = 0; done < rounds; done++)
    {
        x = x * 1664525 + 1013904223 + word;
    }

    words[word] = x;
}
