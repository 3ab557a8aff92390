// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0005: a <c>using</c> of a lease, scope or session that is not there runs its body all the same, outside.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class UnenteredScope : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0005";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A using needs a lease, scope or session that was entered",
        "'{0}' may not have been entered here: the body of this using then runs without it",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types) =>
        context.RegisterOperationBlockAction(block =>
        {
            foreach (IOperation body in block.OperationBlocks)
            {
                Dictionary<SyntaxNode, ILocalSymbol> uses = [];
                foreach (IOperation resource in Resources(body))
                {
                    LookAtResource(block, types, body, resource, uses);
                }
                if (uses.Count > 0)
                {
                    LookAtPaths(block, types, body, uses);
                }
            }
        });

    private static IEnumerable<IOperation> Resources(IOperation body)
    {
        foreach (IOperation operation in body.DescendantsAndSelf())
        {
            IOperation? resources = operation switch
            {
                IUsingOperation statement => statement.Resources,
                IUsingDeclarationOperation declaration => declaration.DeclarationGroup,
                _ => null,
            };
            if (resources is IVariableDeclarationGroupOperation group)
            {
                foreach (IVariableDeclaratorOperation declarator in group.Declarations.SelectMany(declaration => declaration.Declarators))
                {
                    if (declarator.GetVariableInitializer() is { } initializer)
                    {
                        yield return initializer.Value;
                    }
                }
            }
            else if (resources is not null)
            {
                yield return resources;
            }
        }
    }

    private static void LookAtResource(
        OperationBlockAnalysisContext context, KnownTypes types, IOperation body, IOperation resource, Dictionary<SyntaxNode, ILocalSymbol> uses)
    {
        IOperation value = Operations.Unwrap(resource);
        ITypeSymbol? type = value.Type;
        bool isNullable = type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T };
        if (!types.IsScope(isNullable ? ((INamedTypeSymbol)type!).TypeArguments[0] : type))
        {
            return;
        }
        if (value is IDefaultValueOperation || (isNullable && !IsTested(body, value)))
        {
            Report(context, value.Syntax, value.Syntax.ToString());
        }
        else if (value is ILocalReferenceOperation reference)
        {
            uses[reference.Syntax] = reference.Local;
        }
    }

    private static void LookAtPaths(OperationBlockAnalysisContext context, KnownTypes types, IOperation body, Dictionary<SyntaxNode, ILocalSymbol> uses)
    {
        foreach (FlowPoint point in FlowPoint.All(context.GetControlFlowGraph(body)))
        {
            if (point.Operation is not IInvocationOperation { TargetMethod.ReturnType.SpecialType: SpecialType.System_Boolean } call
                || !types.IsOwn(call.TargetMethod.OriginalDefinition))
            {
                continue;
            }
            foreach (IArgumentOperation argument in call.Arguments)
            {
                if (argument.Parameter is not { RefKind: RefKind.Out } || Operations.Local(argument.Value) is not { } local || !uses.ContainsValue(local))
                {
                    continue;
                }
                FlowSearch search = new(point.Graph, operation => Meaning(operation, local, uses), followsHandlers: false);
                bool isFound = Conditions.TryGetEdges(point, out _, out ControlFlowBranch? whenFalse)
                    ? whenFalse is not null && search.From(whenFalse)
                    : Operations.IsIgnored(call) && search.From(point);
                if (isFound)
                {
                    Report(context, search.FoundOperation!.Syntax, local.Name);
                }
            }
        }
    }

    private static FlowStep Meaning(IOperation operation, ILocalSymbol local, Dictionary<SyntaxNode, ILocalSymbol> uses) => operation switch
    {
        ILocalReferenceOperation reference when !Operations.Equal(reference.Local, local) => FlowStep.GoOn,
        ILocalReferenceOperation reference when uses.ContainsKey(reference.Syntax) => FlowStep.Found,
        ILocalReferenceOperation reference when Operations.IsWritten(reference) => FlowStep.Stop,
        _ => FlowStep.GoOn,
    };

    // Who tests it anywhere knows that it may be null; whether he tests it in the right place is not told from here.
    private static bool IsTested(IOperation body, IOperation value) => value is not (ILocalReferenceOperation or IParameterReferenceOperation) ? false
        : body.DescendantsAndSelf().Any(operation => operation switch
        {
            IIsPatternOperation test => Operations.NameTheSame(test.Value, value),
            IBinaryOperation comparison => Operations.NameTheSame(comparison.LeftOperand, value) || Operations.NameTheSame(comparison.RightOperand, value),
            IPropertyReferenceOperation { Property.Name: "HasValue" } property => Operations.NameTheSame(property.Instance, value),
            _ => false,
        });

    private static void Report(OperationBlockAnalysisContext context, SyntaxNode syntax, string name) =>
        context.ReportDiagnostic(Diagnostic.Create(s_rule, syntax.GetLocation(), name));
}
