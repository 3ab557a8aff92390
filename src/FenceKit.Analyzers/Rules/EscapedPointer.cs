// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>FK0009: a pointer that was looked up inside a gate is used outside, where the memory may be gone.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EscapedPointer : RuleAnalyzer
{
    /// <summary>The id of the rule.</summary>
    public const string Id = "FK0009";

    private static readonly DiagnosticDescriptor s_rule = new(
        Id, "A pointer does not leave the scope of its reader",
        "'{0}' was looked up inside the gate and leaves it here: outside, nobody waits for its reader",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: HelpLinks.For(Id));

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [s_rule];

    internal override void Register(CompilationStartAnalysisContext context, KnownTypes types)
    {
        if (types.ReaderScope is null)
        {
            return;
        }
        context.RegisterOperationAction(
            operation =>
            {
                var statement = (IUsingOperation)operation.Operation;
                if (IsReader(types, statement.Resources))
                {
                    Look(operation, [statement.Body], statement);
                }
            },
            OperationKind.Using);
        context.RegisterOperationAction(
            operation =>
            {
                // The scope of a declaration ends with its block.
                if (IsReader(types, operation.Operation) && operation.Operation.Parent is IBlockOperation block)
                {
                    Look(operation, block.Operations.SkipWhile(statement => statement != operation.Operation).Skip(1), block);
                }
            },
            OperationKind.UsingDeclaration);
    }

    private static bool IsReader(KnownTypes types, IOperation resources) => resources switch
    {
        IUsingDeclarationOperation declaration => IsReader(types, declaration.DeclarationGroup),
        IVariableDeclarationGroupOperation group => group.GetDeclaredVariables().Any(local => IsReader(types, local.Type)),
        _ => IsReader(types, Operations.Unwrap(resources).Type),
    };

    private static bool IsReader(KnownTypes types, ITypeSymbol? type) => KnownTypes.Is(type, types.ReaderScope) || KnownTypes.Is(type, types.Lease);

    private static void Look(OperationAnalysisContext context, IEnumerable<IOperation> inside, IOperation scope)
    {
        foreach (IOperation operation in inside.SelectMany(Own))
        {
            switch (operation)
            {
                case IReturnOperation { ReturnedValue: { } value } when Leaves(value, scope):
                    Report(context, value);
                    break;
                case ISimpleAssignmentOperation assignment when Leaves(assignment.Value, scope) && IsOutside(assignment.Target, scope):
                    Report(context, assignment.Value);
                    break;
            }
        }
    }

    // What a lambda or a local function does is done when it is called.
    private static IEnumerable<IOperation> Own(IOperation operation)
    {
        yield return operation;
        if (operation is IAnonymousFunctionOperation or ILocalFunctionOperation)
        {
            yield break;
        }
        foreach (IOperation inner in operation.ChildOperations.SelectMany(Own))
        {
            yield return inner;
        }
    }

    private static bool Leaves(IOperation value, IOperation scope) =>
        IsView(value) && value.ConstantValue is not { HasValue: true } && Root(value) is var root && root switch
        {
            ILocalReferenceOperation local => IsInside(local.Local, scope),
            IParameterReferenceOperation or IDefaultValueOperation or ILiteralOperation or ICollectionExpressionOperation or IArrayCreationOperation or IObjectCreationOperation => false,
            null => false,
            _ => true,
        };

    private static bool IsView(IOperation value) => value.Type is IPointerTypeSymbol
        || value.Type is INamedTypeSymbol { Name: "Span" or "ReadOnlySpan", ContainingNamespace.Name: "System" };

    // What a value was made of: a part of something that was there before the scope belongs to that.
    private static IOperation? Root(IOperation value)
    {
        while (true)
        {
            switch (value)
            {
                case IConversionOperation conversion:
                    value = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    value = parenthesized.Operand;
                    break;
                case IBinaryOperation sum:
                    value = sum.LeftOperand;
                    break;
                case IInvocationOperation { Instance: { } instance } when IsView(instance):
                    value = instance;
                    break;
                case IImplicitIndexerReferenceOperation slice:
                    value = slice.Instance;
                    break;
                case IInvocationOperation { TargetMethod: { IsExtensionMethod: true } or { Name: "AsSpan" }, Arguments: { Length: > 0 } arguments }:
                    value = arguments[0].Value;
                    break;
                default:
                    return value;
            }
        }
    }

    // A variable outside that is not read after the scope takes nothing out.
    private static bool IsOutside(IOperation target, IOperation scope) => Operations.Unwrap(target) switch
    {
        ILocalReferenceOperation { Local: { } local } => !IsInside(local, scope) && IsReadAfter(local, scope),
        IParameterReferenceOperation { Parameter.RefKind: RefKind.Out or RefKind.Ref } => true,
        IMemberReferenceOperation { Instance: null or IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ContainingTypeInstance } } => true,
        _ => false,
    };

    private static bool IsInside(ILocalSymbol local, IOperation scope) =>
        local.DeclaringSyntaxReferences.Any(reference => scope.Syntax.Span.Contains(reference.Span));

    private static bool IsReadAfter(ILocalSymbol local, IOperation scope)
    {
        IOperation root = scope;
        while (root.Parent is not null)
        {
            root = root.Parent;
        }
        return root.Descendants().Any(operation => operation is ILocalReferenceOperation reference && Operations.Equal(reference.Local, local)
            && reference.Syntax.SpanStart > scope.Syntax.Span.End
            && !(reference.Parent is ISimpleAssignmentOperation assignment && assignment.Target == reference));
    }

    private static void Report(OperationAnalysisContext context, IOperation value) =>
        context.ReportDiagnostic(Diagnostic.Create(s_rule, value.Syntax.GetLocation(), value.Syntax.ToString()));
}
