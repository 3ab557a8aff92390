// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0003: a session, lease, subscription or scope that some path leaves open.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UndisposedScope : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0003";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "Sessions, leases, subscriptions and scopes are disposed on all paths",
        "{0} is not ended on every path: {1}",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            foreach (IOperation body in block.OperationBlocks)
            {
                if (Operations.Any<IInvocationOperation>(body, call => Begins(types, call)))
                {
                    Look(block, types, body);
                }
            }
        });

    private static void Look(OperationBlockAnalysisContext context, KnownTypes types, IOperation body)
    {
        foreach (FlowPoint point in FlowPoint.All(context.GetControlFlowGraph(body)))
        {
            if (point.Operation is not IInvocationOperation call || !Begins(types, call))
            {
                continue;
            }
            if (HandedOut(types, call) is { } argument)
            {
                LookAtTry(context, body, point, argument);
            }
            else if (types.IsScope(Operations.Result(call)) && Operations.IsIgnored(call))
            {
                Report(context, call, $"What '{call.TargetMethod.Name}' returns", call.TargetMethod);
            }
            else if (Operations.Owner(call) is { } local && !Operations.IsCaptured(body, local) && !EndsWithItsMaker(body, call) && Search(point.Graph, local).From(point))
            {
                Report(context, call, $"'{local.Name}'", call.TargetMethod);
            }
        }
    }

    // Of a try only the way on which it succeeded has something to end. Where the answer goes elsewhere, it is not known which way that is.
    private static void LookAtTry(OperationBlockAnalysisContext context, IOperation body, FlowPoint point, IArgumentOperation argument)
    {
        var call = (IInvocationOperation)point.Operation;
        if (!Conditions.TryGetEdges(point, out ControlFlowBranch? whenTrue, out _) || whenTrue is null)
        {
            return;
        }
        if (argument.Value is IDiscardOperation or IDeclarationExpressionOperation { Expression: IDiscardOperation })
        {
            Report(context, call, $"What '{call.TargetMethod.Name}' hands out", call.TargetMethod);
        }
        else if (Operations.Local(argument.Value) is { } local && !Operations.IsCaptured(body, local) && Search(point.Graph, local).From(whenTrue))
        {
            Report(context, call, $"'{local.Name}'", call.TargetMethod);
        }
    }

    // What was subscribed to a notifier of this method goes with it.
    private static bool EndsWithItsMaker(IOperation body, IInvocationOperation call) =>
        Operations.Local(call.Instance) is { } maker
        && call.TargetMethod.Name is "Subscribe" or "GetOrCreate"
        && Operations.Any<IVariableDeclaratorOperation>(body, declarator =>
            Operations.Equal(declarator.Symbol, maker) && declarator.GetVariableInitializer()?.Value is { } value && Operations.Unwrap(value) is IObjectCreationOperation);

    private static FlowSearch Search(ControlFlowGraph graph, ILocalSymbol local) => new(
        graph,
        operation => operation is ILocalReferenceOperation reference && Operations.Equal(reference.Local, local) ? Meaning(reference) : FlowStep.GoOn,
        findsExit: true);

    // Whatever is not a look at the handle ends it, or hands it to somebody else who will.
    private static FlowStep Meaning(ILocalReferenceOperation reference) => reference.Parent switch
    {
        IInvocationOperation call when call.Instance == reference =>
            call.TargetMethod.Name is "Dispose" or "DisposeAsync" or "Commit" or "BackOff" ? FlowStep.Stop : FlowStep.GoOn,
        IPropertyReferenceOperation property when property.Instance == reference => FlowStep.GoOn,
        IArgumentOperation { Parameter.RefKind: RefKind.Ref } => FlowStep.Stop, // may be ended there, and replaced
        _ when Operations.IsWritten(reference) => FlowStep.Found, // the next round of a loop, and the last one is still open
        _ => FlowStep.Stop,
    };

    private static bool Begins(KnownTypes types, IInvocationOperation call) =>
        types.IsOwn(call.TargetMethod.OriginalDefinition)
        && (HandedOut(types, call) is not null || types.MustBeDisposed(Operations.Result(call)));

    private static IArgumentOperation? HandedOut(KnownTypes types, IInvocationOperation call) =>
        call.TargetMethod.ReturnType.SpecialType == SpecialType.System_Boolean
            ? call.Arguments.FirstOrDefault(argument => argument.Parameter is { RefKind: RefKind.Out } parameter && types.IsScope(parameter.Type))
            : null;

    private static void Report(OperationBlockAnalysisContext context, IInvocationOperation call, string what, IMethodSymbol method) =>
        context.ReportDiagnostic(Diagnostic.Create(s_rule, call.Syntax.GetLocation(), what, Consequence(method)));

    private static string Consequence(IMethodSymbol method) => method.Name switch
    {
        "TrySchedule" => "the range stays closed to readers until the garbage collector finds the session",
        "Subscribe" or "GetOrCreate" => "the subscriber is called until the notifier goes",
        _ when method.ContainingNamespace.Name == "Lockdep" => "what it entered is held from then on",
        _ => "a thread that waits for its end waits for ever",
    };
}
