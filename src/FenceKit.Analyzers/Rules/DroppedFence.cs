// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0007: a fence that is issued and dropped is a point that nobody can signal by name, and that holds up all after it.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DroppedFence : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0007";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A fence that was issued is kept",
        "The fence of '{0}' is dropped: {1}",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    // Code that speaks of points by number, or of all of them, needs no fence.
    private static readonly HashSet<string> s_members = ["Signal", "Issued", "GetFence", "Poison", "TryGiveUp", "Dispose", "DumpPending", "Completed"];

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            foreach (IOperation body in block.OperationBlocks)
            {
                foreach (IInvocationOperation call in body.DescendantsAndSelf().OfType<IInvocationOperation>())
                {
                    Look(block, types, body, call);
                }
            }
        });

    private static void Look(OperationBlockAnalysisContext context, KnownTypes types, IOperation body, IInvocationOperation call)
    {
        if (call.TargetMethod.Name == "Issue"
            && (KnownTypes.IsOrDerivesFrom(call.TargetMethod.ContainingType, types.FenceTimeline) || KnownTypes.Is(call.TargetMethod.ContainingType, types.SharedFenceTimeline)))
        {
            if (IsDropped(body, call) && !IsSpokenOf(body, call))
            {
                Report(context, call, "the point stays pending, and so does every later one of the timeline");
            }
        }
        else if (call.TargetMethod.Name == "TryRent" && KnownTypes.Is(call.TargetMethod.ContainingType, types.FencePool)
            && call.Arguments.Length == 1 && IsDropped(body, call.Arguments[0].Value))
        {
            Report(context, call, "it faults when the garbage collector finds the source, and its slot is taken until then");
        }
    }

    private static bool IsDropped(IOperation body, IInvocationOperation issue)
    {
        if (issue.Parent is IExpressionStatementOperation)
        {
            return issue.Syntax.Parent is Microsoft.CodeAnalysis.CSharp.Syntax.ExpressionStatementSyntax;
        }
        return issue.Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } && !IsUsed(body, declarator.Symbol, declarator);
    }

    // An answer that a test asserts false hands nothing out; only a source in a variable that nobody looks at, or none in a condition, is dropped.
    private static bool IsDropped(IOperation body, IOperation handedOut) => handedOut switch
    {
        IDiscardOperation or IDeclarationExpressionOperation { Expression: IDiscardOperation } => IsCondition(handedOut.Parent!.Parent!),
        IDeclarationExpressionOperation declaration when Operations.Local(declaration) is { } local => IsCondition(handedOut.Parent!.Parent!) && !IsUsed(body, local, declaration),
        _ => false,
    };

    private static bool IsCondition(IOperation call)
    {
        IOperation operation = call;
        while (operation.Parent is IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } or IParenthesizedOperation)
        {
            operation = operation.Parent;
        }
        return operation.Parent is IConditionalOperation or ILoopOperation or IExpressionStatementOperation;
    }

    private static bool IsUsed(IOperation body, ILocalSymbol local, IOperation declaration) =>
        body.DescendantsAndSelf().Any(operation => operation is ILocalReferenceOperation reference && Operations.Equal(reference.Local, local)
            && !declaration.DescendantsAndSelf().Contains(reference));

    private static bool IsSpokenOf(IOperation body, IInvocationOperation issue) => body.DescendantsAndSelf().Any(operation => operation switch
    {
        IInvocationOperation call => s_members.Contains(call.TargetMethod.Name) && Operations.NameTheSame(call.Instance, issue.Instance),
        IPropertyReferenceOperation property => s_members.Contains(property.Property.Name) && Operations.NameTheSame(property.Instance, issue.Instance),
        _ => false,
    });

    private static void Report(OperationBlockAnalysisContext context, IInvocationOperation call, string consequence) =>
        context.ReportDiagnostic(Diagnostic.Create(s_rule, call.Syntax.GetLocation(), call.Syntax.ToString(), consequence));
}
