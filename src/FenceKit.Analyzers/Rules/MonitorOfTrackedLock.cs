// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0001: <c>lock (trackedLock)</c> compiles, enters the monitor of the object, and excludes nobody who enters the lock.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class MonitorOfTrackedLock : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0001";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A tracked lock is not locked by its monitor",
        "'{0}' is a {1}: this enters the monitor of the object and not the lock, and excludes nobody who enters the lock",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types)
    {
        INamedTypeSymbol? monitor = context.Compilation.GetTypeByMetadataName("System.Threading.Monitor");
        context.RegisterOperationAction(operation => Report(operation, types, ((ILockOperation)operation.Operation).LockedValue), OperationKind.Lock);
        context.RegisterOperationAction(
            operation =>
            {
                var call = (IInvocationOperation)operation.Operation;
                if (KnownTypes.Is(call.TargetMethod.ContainingType, monitor) && call.Arguments.Length > 0)
                {
                    Report(operation, types, call.Arguments[0].Value);
                }
            },
            OperationKind.Invocation);
    }

    private static void Report(OperationAnalysisContext context, KnownTypes types, IOperation locked)
    {
        locked = Operations.Unwrap(locked);
        if (KnownTypes.Is(locked.Type, types.TrackedLock) || KnownTypes.Is(locked.Type, types.TrackedReaderWriterLock)
            || KnownTypes.Is(locked.Type, types.TrackedSemaphore) || KnownTypes.Is(locked.Type, types.WoundWaitLock))
        {
            context.ReportDiagnostic(Diagnostic.Create(s_rule, locked.Syntax.GetLocation(), locked.Syntax.ToString(), locked.Type!.Name));
        }
    }
}
