// SPDX-License-Identifier: MIT
using FenceKit.Analyzers.Flow;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace FenceKit.Analyzers;

/// <summary>The memory of a session: its range, and the pointers that the range was made of.</summary>
internal sealed class FreedMemory
{
    private readonly IOperation? _range;
    private readonly List<IOperation> _pointers = [];

    internal FreedMemory(IOperation? range, ILocalSymbol session, IOperation body)
    {
        _range = range is null ? null : Operations.Unwrap(range);
        Session = session;
        IOperation? made = _range;
        if (Operations.Local(_range) is { } local)
        {
            made = body.DescendantsAndSelf().OfType<IVariableDeclaratorOperation>()
                .FirstOrDefault(declarator => Operations.Equal(declarator.Symbol, local))?.GetVariableInitializer()?.Value;
        }
        foreach (IOperation part in made?.DescendantsAndSelf() ?? [])
        {
            if (part is ILocalReferenceOperation or IParameterReferenceOperation or IFieldReferenceOperation && IsPointer(part.Type))
            {
                _pointers.Add(part);
            }
        }
    }

    internal ILocalSymbol Session { get; }

    /// <summary>Says whether a name is that of a method that gives memory back.</summary>
    internal static bool IsFree(IMethodSymbol method)
    {
        string name = method.Name;
        return name == "AlignedFree"
            || (name.StartsWith("Free", StringComparison.Ordinal) && (name.Length == 4 || char.IsUpper(name[4])));
    }

    /// <summary>Says whether a call gives this memory back, and not some other.</summary>
    internal bool IsFreedBy(IInvocationOperation call)
    {
        if (!IsFree(call.TargetMethod))
        {
            return false;
        }
        foreach (IArgumentOperation argument in call.Arguments)
        {
            IOperation value = Operations.Unwrap(argument.Value);
            if (_range is not null && Operations.NameTheSame(value, _range))
            {
                return true;
            }
            if (value is IPropertyReferenceOperation { Property.Name: "Range" } property && Operations.Equal(Operations.Local(property.Instance), Session))
            {
                return true;
            }
            if (_pointers.Exists(pointer => Operations.NameTheSame(value, pointer)))
            {
                return true;
            }
        }
        return false;
    }

    private static bool IsPointer(ITypeSymbol? type) =>
        type is IPointerTypeSymbol || type?.SpecialType is SpecialType.System_IntPtr or SpecialType.System_UIntPtr;
}
