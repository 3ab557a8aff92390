// SPDX-License-Identifier: MIT
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using FenceKit.Samples.VulkanDriver.Shaders;

namespace FenceKit.Samples.Tests;

/// <summary>The compiled shader of samples/VulkanDriver belongs to its source, so that nobody changes one of them alone.</summary>
public sealed class VulkanShaderTests
{
    private const string Compiler = "glslangValidator";
    private const int GeneratorAt = 8; // bytes 8 to 11 of SPIR-V: which compiler made it, and which version of it

    private static readonly string s_folder = Path.Combine(Proof.Root, "samples", "VulkanDriver", "Shaders");

    /// <summary>What the compiler of this machine makes of the source; null where there is none.</summary>
    private static readonly Lazy<byte[]?> s_compiled = new(Compile);

    /// <summary>Runs where the compiler is the one that made the file.</summary>
    private sealed class SameCompilerFactAttribute : FactAttribute
    {
        public SameCompilerFactAttribute() => Skip =
            s_compiled.Value is not byte[] compiled ? $"{Compiler} is not installed"
            : !GeneratorOf(compiled).SequenceEqual(GeneratorOf(MixShader.Load())) ? $"{Compiler} is of another version than the one that made mix.spv"
            : null;
    }

    [Fact]
    public void WhatWasCompiled_IsTheSourceAsItStands()
    {
        string recorded = File.ReadAllText(Path.Combine(s_folder, "mix.sha256"));

        string source = File.ReadAllText(Path.Combine(s_folder, "mix.comp")).ReplaceLineEndings("\n");
        Assert.Contains($"{HashOf(Encoding.UTF8.GetBytes(source))}  mix.comp", recorded, StringComparison.Ordinal);
        Assert.Contains($"{HashOf(MixShader.Load())}  mix.spv", recorded, StringComparison.Ordinal);
    }

    [SameCompilerFact]
    public void CompiledAgain_ItIsTheSame() => Assert.Equal(s_compiled.Value, MixShader.Load());

    private static string HashOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static ReadOnlySpan<byte> GeneratorOf(byte[] code) => code.AsSpan(GeneratorAt, sizeof(uint));

    private static byte[]? Compile()
    {
        string output = Path.GetTempFileName();
        try
        {
            string[] arguments = ["--target-env", "vulkan1.2", "-g0", "-o", output, Path.Combine(s_folder, "mix.comp")];
            using Process process = Process.Start(new ProcessStartInfo(Compiler, arguments) { RedirectStandardOutput = true })!;
            string said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, said);
            return File.ReadAllBytes(output);
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            File.Delete(output);
        }
    }
}
