// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0010: an <c>out</c> fence still has the default of its first line where the method says that it succeeded.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ForgottenFence : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0010";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A fence that is handed out was meant",
        "'{0}' still has its first value, default, where '{1}' succeeds, though other paths assign it: the code that gets it takes the work for done",
        Category, DiagnosticSeverity.Info, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            if (block.OwningSymbol is not IMethodSymbol { ReturnType.SpecialType: SpecialType.System_Boolean } method
                || method.Parameters.FirstOrDefault(parameter => parameter.RefKind == RefKind.Out && KnownTypes.Is(parameter.Type, types.Fence)) is not { } fence)
            {
                return;
            }
            foreach (IOperation body in block.OperationBlocks)
            {
                if (body.Kind == OperationKind.Block)
                {
                    Look(block, block.GetControlFlowGraph(body), method, fence);
                }
            }
        });

    private static void Look(OperationBlockAnalysisContext context, ControlFlowGraph graph, IMethodSymbol method, IParameterSymbol fence)
    {
        HashSet<IOperation> successes = [.. graph.Blocks
            .Where(block => block.FallThroughSuccessor?.Semantics == ControlFlowBranchSemantics.Return
                && block.BranchValue?.ConstantValue is { HasValue: true, Value: true })
            .Select(block => block.BranchValue!)];
        foreach (FlowPoint point in FlowPoint.All(graph))
        {
            if (point.Graph != graph || point.Operation is not ISimpleAssignmentOperation assignment || !IsFence(assignment.Target, fence)
                || Operations.Unwrap(assignment.Value) is not IDefaultValueOperation)
            {
                continue;
            }
            // A default that nothing replaces is the answer; one that some path replaces is only there for the compiler.
            FlowSearch replaced = new(graph, operation => Replaces(operation, fence) ? FlowStep.Found : FlowStep.GoOn, followsHandlers: false);
            if (!replaced.From(point))
            {
                continue;
            }
            foreach (IOperation success in successes)
            {
                FlowSearch kept = new(
                    graph,
                    operation => Replaces(operation, fence) ? FlowStep.Stop : operation == success ? FlowStep.Found : FlowStep.GoOn,
                    followsHandlers: false);
                if (kept.From(point))
                {
                    context.ReportDiagnostic(Diagnostic.Create(s_rule, success.Syntax.Parent!.GetLocation(), fence.Name, method.Name));
                }
            }
        }
    }

    private static bool Replaces(IOperation operation, IParameterSymbol fence) => operation switch
    {
        ISimpleAssignmentOperation assignment => IsFence(assignment.Target, fence),
        IArgumentOperation { Parameter.RefKind: RefKind.Out or RefKind.Ref } argument => IsFence(argument.Value, fence),
        _ => false,
    };

    private static bool IsFence(IOperation operation, IParameterSymbol fence) =>
        Operations.Unwrap(operation) is IParameterReferenceOperation reference && Operations.Equal(reference.Parameter, fence);
}
