// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>What allocates in plain sight. What a called method allocates is left to the validator, which counts bytes.</summary>
internal static class Allocations
{
    /// <summary>Returns what an operation allocates, or null.</summary>
    internal static string? What(IOperation operation) => operation switch
    {
        IObjectCreationOperation { Type: { IsReferenceType: true } type } => type.Name,
        IAnonymousObjectCreationOperation => "an anonymous object",
        IArrayCreationOperation array when array.Syntax is not StackAllocArrayCreationExpressionSyntax && !IsEmpty(array) => "an array",
        ICollectionExpressionOperation { Elements.Length: > 0, Type: { IsReferenceType: true } type } => type.Name.Length > 0 ? type.Name : "an array",
        IInterpolatedStringOperation { ConstantValue.HasValue: false } => "a string",
        IBinaryOperation { OperatorKind: BinaryOperatorKind.Add, Type.SpecialType: SpecialType.System_String, ConstantValue.HasValue: false } => "a string",
        IDelegateCreationOperation creation when IsAllocated(creation) => "a delegate",
        IConversionOperation { OperatorMethod: null, Operand.Type: { IsValueType: true } from, Type: { IsReferenceType: true, TypeKind: not TypeKind.TypeParameter } }
            => $"a box for {from.Name}",
        IInvocationOperation call when IsOfThreads(call.TargetMethod) => $"{call.TargetMethod.ContainingType.Name}.{call.TargetMethod.Name}",
        _ => null,
    };

    private static bool IsEmpty(IArrayCreationOperation array) =>
        array.DimensionSizes.Length == 1 && array.DimensionSizes[0].ConstantValue is { HasValue: true, Value: 0 };

    // One delegate serves all calls where it needs nothing of any of them.
    private static bool IsAllocated(IDelegateCreationOperation creation) => creation.Target switch
    {
        IMethodReferenceOperation method => method.Instance is not null,
        IAnonymousFunctionOperation lambda => lambda.Body.Descendants().Any(operation => operation switch
        {
            IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ContainingTypeInstance } => true,
            ILocalReferenceOperation local => !local.Local.IsConst && !IsInside(local.Local, lambda),
            IParameterReferenceOperation parameter => !IsInside(parameter.Parameter, lambda),
            _ => false,
        }),
        _ => false,
    };

    private static bool IsInside(ISymbol variable, IAnonymousFunctionOperation lambda)
    {
        for (ISymbol? symbol = variable.ContainingSymbol; symbol is not null; symbol = symbol.ContainingSymbol)
        {
            if (Operations.Equal(symbol, lambda.Symbol))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsOfThreads(IMethodSymbol method) => method.ContainingType.ToDisplayString() switch
    {
        "System.Threading.Tasks.Task" => method.Name == "Run",
        "System.Threading.Tasks.TaskFactory" => method.Name == "StartNew",
        "System.Threading.ThreadPool" => method.Name is "QueueUserWorkItem" or "RegisterWaitForSingleObject" && method.Parameters.All(parameter => parameter.Type.Name != "IThreadPoolWorkItem"),
        _ => false,
    };
}
