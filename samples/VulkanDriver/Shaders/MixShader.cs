// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.VulkanDriver.Shaders;

/// <summary>
/// What the GPU computes, for every word i of a block: x = seed, then <c>rounds</c> times x = x * 1664525 + 1013904223 + i. Without rounds it
/// fills the block. The same twice: for the GPU in mix.comp, and for the CPU here, which checks it.
/// </summary>
internal static class MixShader
{
    /// <summary>How many words one group computes: mix.comp says so too.</summary>
    internal const uint GroupSize = 64;

    /// <summary>What a command tells the shader: count, seed, rounds.</summary>
    internal const int PushWords = 3;

    private const uint Multiplier = 1664525;
    private const uint Increment = 1013904223;

    internal static uint Mix(uint word, uint seed, uint rounds)
    {
        uint x = seed;
        for (uint round = 0; round < rounds; round++)
        {
            x = (x * Multiplier) + Increment + word;
        }

        return x;
    }

    /// <summary>mix.comp as SPIR-V. README.md says how it was compiled.</summary>
    internal static byte[] Load()
    {
        using Stream stored = typeof(MixShader).Assembly.GetManifestResourceStream("mix.spv")!;
        byte[] code = new byte[stored.Length];
        stored.ReadExactly(code);
        return code;
    }
}
