// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.FlowAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers.Flow;

/// <summary>Small questions about operations that several rules ask.</summary>
internal static class Operations
{
    /// <summary>Takes conversions, parentheses, awaits and <c>ConfigureAwait</c> off a value.</summary>
    internal static IOperation Unwrap(IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation { OperatorMethod: null } conversion:
                    operation = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case IAwaitOperation awaited:
                    operation = awaited.Operation;
                    break;
                case IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } instance }:
                    operation = instance;
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>Says whether two operations name the same variable, field or property of the same object.</summary>
    internal static bool NameTheSame(IOperation? one, IOperation? other)
    {
        if (one is null || other is null)
        {
            return one is null && other is null;
        }
        one = Unwrap(one);
        other = Unwrap(other);
        return (one, other) switch
        {
            (ILocalReferenceOperation a, ILocalReferenceOperation b) => Equal(a.Local, b.Local),
            (IParameterReferenceOperation a, IParameterReferenceOperation b) => Equal(a.Parameter, b.Parameter),
            (IInstanceReferenceOperation, IInstanceReferenceOperation) => true,
            (IMemberReferenceOperation a, IMemberReferenceOperation b) => Equal(a.Member, b.Member) && NameTheSame(a.Instance, b.Instance),
            _ => false,
        };
    }

    /// <summary>Returns the variable that an operation names, or null.</summary>
    internal static ILocalSymbol? Local(IOperation? operation) => operation switch
    {
        null => null,
        IDeclarationExpressionOperation declaration => Local(declaration.Expression),
        _ => (Unwrap(operation) as ILocalReferenceOperation)?.Local,
    };

    /// <summary>Returns the type of what a call returns, or of what it returns once it was awaited.</summary>
    internal static ITypeSymbol Result(IInvocationOperation call) =>
        call.TargetMethod.ReturnType is INamedTypeSymbol { Name: "ValueTask" or "Task" or "FenceAwaitable", TypeArguments: { Length: 1 } arguments }
            ? arguments[0]
            : call.TargetMethod.ReturnType;

    /// <summary>Returns the variable that gets what a call returns, or null.</summary>
    internal static ILocalSymbol? Owner(IInvocationOperation call)
    {
        IOperation value = call;
        while (value.Parent is IConversionOperation or IParenthesizedOperation or IAwaitOperation or IInvocationOperation { TargetMethod.Name: "ConfigureAwait" })
        {
            value = value.Parent;
        }
        return value.Parent is ISimpleAssignmentOperation assignment && assignment.Value == value && Local(assignment.Target) is { } local && Equal(local.Type, Result(call))
            ? local
            : null;
    }

    /// <summary>Returns the argument of a parameter.</summary>
    internal static IArgumentOperation? Argument(IInvocationOperation call, string parameter) =>
        call.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == parameter);

    /// <summary>Says whether an operation gives a variable a new value.</summary>
    internal static bool IsWritten(ILocalReferenceOperation reference) => reference.Parent switch
    {
        IDeclarationExpressionOperation => true,
        IArgumentOperation argument => argument.Parameter?.RefKind is RefKind.Out or RefKind.Ref,
        IAssignmentOperation assignment => assignment.Target == reference,
        _ => false,
    };

    /// <summary>Says whether a lambda or a local function anywhere in a body uses a variable: then nobody can tell when.</summary>
    internal static bool IsCaptured(IOperation body, ILocalSymbol local) =>
        body.DescendantsAndSelf().Any(operation => operation is IAnonymousFunctionOperation or ILocalFunctionOperation
            && !Equal(local.ContainingSymbol, FunctionOf(operation))
            && operation.Descendants().Any(inner => inner is ILocalReferenceOperation reference && Equal(reference.Local, local)));

    /// <summary>Gets the graphs of a method that contains what a rule looks for; others are not worth a graph.</summary>
    internal static bool Any<T>(IOperation body, Func<T, bool> matches)
        where T : IOperation => body.DescendantsAndSelf().OfType<T>().Any(matches);

    /// <summary>Says whether the answer of a call is thrown away.</summary>
    internal static bool IsIgnored(IOperation call)
    {
        IOperation? parent = call.Parent;
        while (parent is IConversionOperation or IParenthesizedOperation or IAwaitOperation or IInvocationOperation { TargetMethod.Name: "ConfigureAwait" })
        {
            parent = parent.Parent;
        }
        return parent is IExpressionStatementOperation or ISimpleAssignmentOperation { Target: IDiscardOperation };
    }

    internal static bool Equal(ISymbol? one, ISymbol? other) => SymbolEqualityComparer.Default.Equals(one, other);

    private static IMethodSymbol? FunctionOf(IOperation operation) => operation switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol,
        ILocalFunctionOperation function => function.Symbol,
        _ => null,
    };
}
