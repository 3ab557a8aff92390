// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Lockdep;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace FenceKit.Analyzers.Tests;

/// <summary>Members inside <see cref="Scene"/> and what a rule says of them: findings are where <c>[|...|]</c> is, and nowhere else.</summary>
internal static class Check
{
    private static readonly ImmutableArray<MetadataReference> s_references = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator)
        .Where(static file => Path.GetFileName(file) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "netstandard.dll" or "mscorlib.dll"))
        .Append(typeof(Fence).Assembly.Location)
        .Append(typeof(TrackedLock).Assembly.Location)
        .Select(static file => MetadataReference.CreateFromFile(file))];

    // No packages: the references are those of the test itself.
    private static readonly ReferenceAssemblies s_none = new("net10.0");

    internal static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Preview, DocumentationMode.None);

    internal static CSharpCompilationOptions CompilationOptions { get; } =
        new(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    internal static ImmutableArray<MetadataReference> References => s_references;

    /// <summary>Fails unless the rule reports exactly what is marked; nothing is marked in what must be silent.</summary>
    internal static Task Rule<TRule>(string members)
        where TRule : DiagnosticAnalyzer, new() => RuleOfFile<TRule>(Scene.With(members));

    /// <summary>The same for a whole file.</summary>
    internal static Task RuleOfFile<TRule>(string file, bool hasFences = true)
        where TRule : DiagnosticAnalyzer, new()
    {
        RuleTest<TRule> test = new() { TestCode = file };
        test.TestState.AdditionalReferences.AddRange(hasFences ? s_references : s_references.RemoveAll(static reference => Path.GetFileName(reference.Display) == "FenceKit.dll"));
        return test.RunAsync();
    }

    /// <summary>Fails unless the fix makes of the members what is expected, one finding after the other and all at once.</summary>
    internal static Task Fix<TRule, TFix>(string members, string expected, int offer = 0)
        where TRule : DiagnosticAnalyzer, new()
        where TFix : CodeFixProvider, new()
    {
        FixTest<TRule, TFix> test = new() { TestCode = Scene.With(members), FixedCode = Scene.With(expected), CodeActionIndex = offer };
        test.TestState.AdditionalReferences.AddRange(s_references);
        return test.RunAsync();
    }

    private sealed class RuleTest<TRule> : CSharpAnalyzerTest<TRule, DefaultVerifier>
        where TRule : DiagnosticAnalyzer, new()
    {
        public RuleTest() => ReferenceAssemblies = s_none;

        protected override ParseOptions CreateParseOptions() => Check.ParseOptions;

        protected override CompilationOptions CreateCompilationOptions() => Check.CompilationOptions;
    }

    private sealed class FixTest<TRule, TFix> : CSharpCodeFixTest<TRule, TFix, DefaultVerifier>
        where TRule : DiagnosticAnalyzer, new()
        where TFix : CodeFixProvider, new()
    {
        public FixTest() => ReferenceAssemblies = s_none;

        protected override ParseOptions CreateParseOptions() => Check.ParseOptions;

        protected override CompilationOptions CreateCompilationOptions() => Check.CompilationOptions;
    }
}
