// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis.Diagnostics;

namespace FenceKit.Analyzers;

/// <summary>What all rules have in common: they are silent in generated code, and in projects that do not refer to FenceKit.</summary>
public abstract class RuleAnalyzer : DiagnosticAnalyzer
{
    internal const string Category = "Reliability";

    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (KnownTypes.From(start.Compilation) is { } types)
            {
                Register(start, types);
            }
        });
    }

    /// <summary>Registers what the rule looks at.</summary>
    /// <param name="context">Where to register.</param>
    /// <param name="types">The types of FenceKit.</param>
    internal abstract void Register(CompilationStartAnalysisContext context, KnownTypes types);
}
