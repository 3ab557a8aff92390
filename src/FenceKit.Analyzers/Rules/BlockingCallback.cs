// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0006: <c>TrySchedule</c> and <c>OnSignaled</c> do not wait, and <c>TrySchedule</c> does not allocate either.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BlockingCallback : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0006";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "TrySchedule and OnSignaled do not wait, and TrySchedule does not allocate",
        "'{0}' {1} here: {2}",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            if (block.OwningSymbol is not IMethodSymbol method)
            {
                return;
            }
            bool isSchedule = IsSchedule(types, method);
            if (!isSchedule && !IsOnSignaled(types, method))
            {
                return;
            }
            foreach (IOperation body in block.OperationBlocks)
            {
                Look(block, types, body, isSchedule);
            }
        });

    private static void Look(OperationBlockAnalysisContext context, KnownTypes types, IOperation operation, bool isSchedule)
    {
        if (operation is IThrowOperation)
        {
            return; // the session reports what is thrown, and what that costs is forgiven
        }
        if (BlockingMembers.Blocks(types, operation) is { } member)
        {
            string reason = isSchedule ? "it may run in reclaim, which may run anywhere; hand back a fence" : "it runs on the signaler's thread, and other signals stand behind it";
            Report(context, operation, member, "waits", reason);
        }
        else if (isSchedule && Allocations.What(operation) is { } what)
        {
            Report(context, operation, what, "is allocated", "memory is what the caller has run out of; make it when subscribing");
            return; // one report for one expression, whatever its parts allocate
        }
        if (operation is IAnonymousFunctionOperation)
        {
            return; // runs somewhere else
        }
        foreach (IOperation child in operation.ChildOperations)
        {
            Look(context, types, child, isSchedule);
        }
    }

    private static bool IsSchedule(KnownTypes types, IMethodSymbol method)
    {
        if (method.IsOverride && method.Name == "TrySchedule")
        {
            return KnownTypes.IsOrDerivesFrom(method.ContainingType, types.DeviceDriver);
        }
        return types.Subscriber?.GetMembers("TrySchedule").FirstOrDefault() is { } declared
            && method.ContainingType.AllInterfaces.Contains(types.Subscriber, SymbolEqualityComparer.Default)
            && Operations.Equal(method.ContainingType.FindImplementationForInterfaceMember(declared), method);
    }

    private static bool IsOnSignaled(KnownTypes types, IMethodSymbol method) =>
        method.IsOverride && method.Name == "OnSignaled" && KnownTypes.IsOrDerivesFrom(method.ContainingType, types.FenceCallback);

    private static void Report(OperationBlockAnalysisContext context, IOperation operation, string what, string does, string reason) =>
        context.ReportDiagnostic(Diagnostic.Create(s_rule, operation.Syntax.GetLocation(), what, does, reason));
}
