// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Determines the origin of a lock that is passed to a call: the field, the property or the type. It follows the compiler's code backwards.
/// </summary>
internal static class LockNames
{
    private const int MostSteps = 8;

    /// <summary>The name of the lock that is the first argument or the receiver; null if only its type is known, at run time.</summary>
    /// <param name="method">The calling method.</param>
    /// <param name="call">The call.</param>
    /// <param name="arguments">The number of arguments above it on the stack.</param>
    public static string? Of(MethodDefinition method, Instruction call, int arguments)
        => ProducerOf(call, arguments) is { } producer ? Describe(method, producer, MostSteps) : null;

    /// <summary>The field that the lock comes from, if it comes from one.</summary>
    public static FieldReference? FieldOf(Instruction call, int arguments)
    {
        Instruction? producer = ProducerOf(call, arguments);
        for (int i = 0; i < MostSteps && producer is not null; i++)
        {
            switch (producer.OpCode.Code)
            {
                case Code.Ldfld or Code.Ldsfld when !IsHoisted((FieldReference)producer.Operand):
                    return (FieldReference)producer.Operand;
                case Code.Ldfld:
                    producer = StoredIn(producer, Code.Stfld);
                    break;
                case Code.Ldloc:
                    producer = StoredIn(producer, Code.Stloc);
                    break;
                case Code.Dup or Code.Castclass:
                    producer = ProducerOf(producer, 0);
                    break;
                case Code.Call or Code.Callvirt:
                    return FieldBehind((MethodReference)producer.Operand);
                default:
                    return null;
            }
        }

        return null;
    }

    /// <summary>
    /// Finds the instruction that pushes the value below the given number of values on the stack; null if branches make that unclear.
    /// </summary>
    public static Instruction? ProducerOf(Instruction instruction, int above)
    {
        for (Instruction? before = instruction.Previous; before is not null; before = before.Previous)
        {
            if (before.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Return or FlowControl.Throw)
            {
                return null;
            }

            int pushes = StackEffect.Pushes(before);
            if (above < pushes)
            {
                return before;
            }

            above += StackEffect.Pops(before) - pushes;
        }

        return null;
    }

    private static string? Describe(MethodDefinition method, Instruction producer, int steps)
    {
        if (steps == 0)
        {
            return null;
        }

        switch (producer.OpCode.Code)
        {
            case Code.Ldfld or Code.Ldsfld or Code.Ldflda or Code.Ldsflda:
                var field = (FieldReference)producer.Operand;
                if (field.Name == "<>4__this")
                {
                    return $"{TypeNames.ForPeople(field.FieldType)} (this)";
                }

                return IsHoisted(field)
                    ? StoredIn(producer, Code.Stfld) is { } stored ? Describe(method, stored, steps - 1) : null
                    : TypeNames.ForPeople(field);
            case Code.Ldloc:
                return StoredIn(producer, Code.Stloc) is { } value ? DescribeLocal(method, producer, value, steps) : null;
            case Code.Dup or Code.Castclass:
                return ProducerOf(producer, 0) is { } copied ? Describe(method, copied, steps - 1) : null;
            case Code.Ldarg when method.HasThis && ((ParameterDefinition)producer.Operand).Index < 0:
                return $"{TypeNames.ForPeople(method.DeclaringType)} (this)";
            case Code.Ldarg when producer.Operand is ParameterDefinition { ParameterType.FullName: "System.Object", Name.Length: > 0 } given:
                return $"{MemberNames.Of(method)}.{given.Name}"; // of one that was made where it could not be named
            case Code.Call or Code.Callvirt:
                return DescribeCall((MethodReference)producer.Operand, producer) ?? DescribeKept(method, (MethodReference)producer.Operand, producer, steps);
            case Code.Ldelem_Ref or Code.Ldelem_Any:
                return ProducerOf(producer, 1) is { } array && Describe(method, array, steps - 1) is { } name ? $"{name}[]" : null;
            default:
                return null;
        }
    }

    // An object of a class of the module that is locked itself is one of many, and others of them are locked where they are given: all have the name of the class.
    private static string? DescribeLocal(MethodDefinition method, Instruction load, Instruction value, int steps)
        => value is not { OpCode.Code: Code.Newobj, Operand: MethodReference made } ? Describe(method, value, steps - 1)
            : made.DeclaringType.GetElementType() is TypeDefinition ? null
            : NameOfLocal(method, (VariableDefinition)load.Operand);

    /// <summary>The name of a lock in a local variable; its own name if symbols have it.</summary>
    public static string NameOfLocal(MethodDefinition method, VariableDefinition variable)
        => method.DebugInformation.TryGetName(variable, out string name) && !name.StartsWith('<')
            ? $"{MemberNames.Of(method)}.{name}"
            : $"a lock in {MemberNames.Of(method)}";

    private static string? DescribeCall(MethodReference called, Instruction call)
    {
        if (called is { Name: "GetTypeFromHandle", DeclaringType.FullName: "System.Type" } && call.Previous is { OpCode.Code: Code.Ldtoken, Operand: TypeReference token })
        {
            return $"typeof({TypeNames.ForPeople(token)})";
        }

        if (FieldBehind(called) is { } field)
        {
            return TypeNames.ForPeople(field);
        }

        if (called.Name == "get_SyncRoot" && called.DeclaringType.Namespace.StartsWith("System.Collections", StringComparison.Ordinal))
        {
            return null; // collections in general have one: the type is more informative
        }

        return called.Name.StartsWith("get_", StringComparison.Ordinal) && called.Parameters.Count == 0
            ? $"{TypeNames.ForPeople(called.DeclaringType)}.{called.Name[4..]}"
            : null;
    }

    // Describes a lock that a method of the module returns or that a collection contains, such as one for each key.
    private static string? DescribeKept(MethodDefinition method, MethodReference called, Instruction call, int steps)
    {
        if (called.ReturnType.FullName != "System.Object" && called.ReturnType is not GenericParameter)
        {
            return null; // its type is more informative
        }

        if (called.HasThis && called.DeclaringType.Namespace.StartsWith("System.Collections", StringComparison.Ordinal))
        {
            return ProducerOf(call, called.Parameters.Count) is { } collection && Describe(method, collection, steps - 1) is { } name ? $"{name}[]" : null;
        }

        return called.ReturnType.FullName == "System.Object" && called.DeclaringType.GetElementType() is TypeDefinition
            ? $"{TypeNames.ForPeople(called.DeclaringType)}.{called.Name}()"
            : null;
    }

    /// <summary>The field that a property of the same module simply returns.</summary>
    private static FieldReference? FieldBehind(MethodReference called)
    {
        if (!called.Name.StartsWith("get_", StringComparison.Ordinal) || called.Module is null
            || (called as MethodDefinition ?? (called.DeclaringType.Scope == called.Module ? called.Resolve() : null)) is not { HasBody: true } getter)
        {
            return null;
        }

        Instruction? load = getter.Body.Instructions.FirstOrDefault(static instruction => instruction.OpCode.Code is Code.Ldfld or Code.Ldsfld);
        bool isPlain = getter.Body.Instructions.All(static instruction => instruction.OpCode.Code is
            Code.Nop or Code.Ldarg_0 or Code.Ldarg or Code.Ldfld or Code.Ldsfld or Code.Ret or Code.Stloc_0 or Code.Ldloc_0 or Code.Stloc or Code.Ldloc or Code.Br_S or Code.Br);
        return isPlain && load is not null ? (FieldReference)load.Operand : null;
    }

    // A copy that the compiler stores for the end of a lock, in an iterator or an asynchronous method.
    private static bool IsHoisted(FieldReference field) =>
        field.Name.StartsWith("<>7__wrap", StringComparison.Ordinal) || field.Name.StartsWith("<>s__", StringComparison.Ordinal)
        || (field.Name.StartsWith('<') && field.Name.Contains(">5__", StringComparison.Ordinal) && field.FieldType.FullName == "System.Object");

    private static Instruction? StoredIn(Instruction load, Code store)
    {
        for (Instruction? before = load.Previous; before is not null; before = before.Previous)
        {
            bool isSame = store == Code.Stloc
                ? ReferenceEquals(before.Operand, load.Operand)
                : before.Operand is FieldReference field && field.FullName == ((FieldReference)load.Operand).FullName;
            if (before.OpCode.Code == store && isSame)
            {
                return ProducerOf(before, 0);
            }
        }

        return null;
    }
}
