// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0008: a lock that belongs to a thread is held over an await, after which another thread may go on.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LockOverAwait : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0008";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A lock that belongs to a thread is not held over an await",
        "'{0}' is held here and belongs to this thread: what comes after the await may run on another one, which cannot let it go",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            foreach (IOperation body in block.OperationBlocks)
            {
                if (Operations.Any<IInvocationOperation>(body, call => IsEnter(types, call)) && body.DescendantsAndSelf().Any(IsSuspension))
                {
                    Look(block, types, body);
                }
            }
        });

    private static void Look(OperationBlockAnalysisContext context, KnownTypes types, IOperation body)
    {
        HashSet<SyntaxNode> told = [];
        List<FlowPoint> points = [.. FlowPoint.All(context.GetControlFlowGraph(body))];
        foreach (FlowPoint point in points)
        {
            if (point.Operation is not IInvocationOperation enter || !IsEnter(types, enter) || Target(types, enter) is not { } target
                || !(IsThreadAffine(types, enter) || points.Exists(other => IsExit(types, other.Operation, target))))
            {
                continue;
            }
            FlowSearch search = new(point.Graph, operation => IsExit(types, operation, target) ? FlowStep.Stop : operation is IAwaitOperation ? FlowStep.Found : FlowStep.GoOn);
            bool isFound = enter.TargetMethod.ReturnsVoid
                ? search.From(point)
                : Conditions.TryGetEdges(point, out ControlFlowBranch? entered, out _) && entered is not null && search.From(entered);
            if (isFound && told.Add(search.FoundOperation!.Syntax))
            {
                context.ReportDiagnostic(Diagnostic.Create(s_rule, search.FoundOperation.Syntax.GetLocation(), target.Syntax.ToString()));
            }
        }
    }

    private static bool IsSuspension(IOperation operation) =>
        operation is IAwaitOperation or IForEachLoopOperation { IsAsynchronous: true } or IUsingOperation { IsAsynchronous: true } or IUsingDeclarationOperation { IsAsynchronous: true };

    private static bool IsEnter(KnownTypes types, IInvocationOperation call) =>
        IsOfLock(types, call.TargetMethod)
        && call.TargetMethod.Name is "Enter" or "TryEnter" or "EnterReadLock" or "EnterWriteLock" or "EnterUpgradeableReadLock"
            or "TryEnterReadLock" or "TryEnterWriteLock" or "TryEnterUpgradeableReadLock" or "Wait";

    private static bool IsExit(KnownTypes types, IOperation operation, IOperation target) =>
        operation is IInvocationOperation call && IsOfLock(types, call.TargetMethod)
        && (call.TargetMethod.Name.StartsWith("Exit", StringComparison.Ordinal) || call.TargetMethod.Name == "Release")
        && Operations.NameTheSame(Target(types, call), target);

    private static bool IsOfLock(KnownTypes types, IMethodSymbol method) =>
        KnownTypes.Is(method.ContainingType, types.TrackedLock) || KnownTypes.Is(method.ContainingType, types.TrackedReaderWriterLock)
        || KnownTypes.Is(method.ContainingType, types.TrackedMonitor) || KnownTypes.Is(method.ContainingType, types.TrackedSemaphore);

    // A permit may be given back by anyone, as a signal; only where one method takes and gives it does it guard something.
    private static bool IsThreadAffine(KnownTypes types, IInvocationOperation enter) => !KnownTypes.Is(enter.TargetMethod.ContainingType, types.TrackedSemaphore);

    private static IOperation? Target(KnownTypes types, IInvocationOperation call) =>
        KnownTypes.Is(call.TargetMethod.ContainingType, types.TrackedMonitor) ? Operations.Argument(call, "target")?.Value : call.Instance;
}
