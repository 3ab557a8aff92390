// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0004: memory is freed when the wait has completed, and before <c>Commit</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class FreedTooEarly : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0004";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "Memory is freed between the completed wait and Commit",
        "'{0}' frees the memory {1}",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types)
    {
        context.RegisterOperationBlockAction(block =>
        {
            foreach (IOperation body in block.OperationBlocks)
            {
                if (Operations.Any<IInvocationOperation>(body, call => IsSchedule(types, call)))
                {
                    Look(block, types, body);
                }
            }
        });
        context.RegisterOperationAction(operation => LookAtWhileWaiting(operation, types), OperationKind.Invocation);
    }

    private static void Look(OperationBlockAnalysisContext context, KnownTypes types, IOperation body)
    {
        List<FlowPoint> points = [.. FlowPoint.All(context.GetControlFlowGraph(body))];
        HashSet<SyntaxNode> told = [];
        foreach (FlowPoint schedule in points)
        {
            if (schedule.Operation is not IInvocationOperation call || !IsSchedule(types, call)
                || call.Arguments.FirstOrDefault(argument => KnownTypes.Is(argument.Parameter!.Type, types.Session)) is not { } handedOut
                || Operations.Local(handedOut.Value) is not { } session || Operations.IsCaptured(body, session))
            {
                continue;
            }
            FreedMemory memory = new(Operations.Argument(call, "range")?.Value, session, body);
            if (Conditions.TryGetEdges(schedule, out ControlFlowBranch? begun, out _) && begun is not null)
            {
                Tell(Search(schedule.Graph, memory, isEnded: false), search => search.From(begun), "before the wait for those who use it");
            }
            foreach (FlowPoint point in points)
            {
                if (point.Operation is not IInvocationOperation member || !Operations.Equal(Operations.Local(member.Instance), session))
                {
                    continue;
                }
                if (member.TargetMethod.Name == "Commit")
                {
                    Tell(Search(point.Graph, memory, isEnded: true), search => search.From(point), "after Commit, which has let new users in");
                }
                else if (IsWait(member) && Conditions.EdgeOfOthers(point, "Completed") is { } others)
                {
                    Tell(Search(point.Graph, memory, isEnded: false), search => search.From(others), "though the wait has not completed");
                }
            }
        }

        void Tell(FlowSearch search, Func<FlowSearch, bool> run, string when)
        {
            if (run(search) && search.FoundOperation is { } free && told.Add(free.Syntax))
            {
                context.ReportDiagnostic(Diagnostic.Create(s_rule, free.Syntax.GetLocation(), ((IInvocationOperation)free).TargetMethod.Name, when));
            }
        }
    }

    private static FlowSearch Search(ControlFlowGraph graph, FreedMemory memory, bool isEnded) => new(
        graph,
        operation => operation switch
        {
            IInvocationOperation call when memory.IsFreedBy(call) => FlowStep.Found,
            ILocalReferenceOperation reference when Operations.Equal(reference.Local, memory.Session) => Meaning(reference, isEnded),
            _ => FlowStep.GoOn,
        },
        followsHandlers: false);

    // A wait whose answer is not looked at changes nothing; from any other on, its answer decides, and that is asked for each wait apart.
    private static FlowStep Meaning(ILocalReferenceOperation reference, bool isEnded) => reference.Parent switch
    {
        IInvocationOperation call when call.Instance == reference && IsWait(call) => Operations.IsIgnored(call) ? FlowStep.GoOn : FlowStep.Stop,
        IInvocationOperation call when call.Instance == reference => call.TargetMethod.Name is "Commit" or "BackOff" or "Dispose" && !isEnded ? FlowStep.Stop : FlowStep.GoOn,
        IPropertyReferenceOperation => FlowStep.GoOn,
        IFlowCaptureOperation => FlowStep.GoOn,
        _ => FlowStep.Stop,
    };

    private static void LookAtWhileWaiting(OperationAnalysisContext context, KnownTypes types)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod.Name != "Invalidate" || !KnownTypes.Is(call.TargetMethod.ContainingType, types.Notifier)
            || Operations.Argument(call, "whileWaiting") is not { } argument
            || argument.Value.DescendantsAndSelf().OfType<IAnonymousFunctionOperation>().FirstOrDefault() is not { } lambda)
        {
            return;
        }
        IParameterSymbol range = lambda.Symbol.Parameters.Last();
        foreach (IInvocationOperation inner in lambda.Body.Descendants().OfType<IInvocationOperation>())
        {
            if (FreedMemory.IsFree(inner.TargetMethod)
                && inner.Arguments.Any(given => Operations.Unwrap(given.Value) is IParameterReferenceOperation reference && Operations.Equal(reference.Parameter, range)))
            {
                context.ReportDiagnostic(Diagnostic.Create(s_rule, inner.Syntax.GetLocation(), inner.TargetMethod.Name, "while it is still used: 'free' is the step for it"));
            }
        }
    }

    private static bool IsWait(IInvocationOperation call) => call.TargetMethod.Name is "Wait" or "WaitAsync" or "TryWait";

    private static bool IsSchedule(KnownTypes types, IInvocationOperation call) =>
        call.TargetMethod.Name == "TrySchedule" && types.IsOwn(call.TargetMethod) && call.TargetMethod.Parameters.Any(parameter => KnownTypes.Is(parameter.Type, types.Session));
}
