// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Determines where a boxed value goes: what gets it as <see cref="IDisposable"/> can only dispose it, so that an object may stand in for it.</summary>
internal static class HandedOn
{
    private const int MostSteps = 32;

    /// <summary>Whether the value that an instruction pushes is next used as an object that can be disposed.</summary>
    public static bool IsAsDisposable(MethodDefinition method, Instruction box)
    {
        int above = 0;
        Instruction? step = box.Next;
        for (int i = 0; i < MostSteps && step is not null; i++)
        {
            if (step.OpCode.Code is Code.Br or Code.Br_S)
            {
                step = (Instruction)step.Operand;
                continue;
            }

            if (step.OpCode.Code == Code.Ret)
            {
                return IsDisposable(method.ReturnType);
            }

            int pops = StackEffect.Pops(step);
            if (pops > above)
            {
                return TakenAs(step, above) is { } type && IsDisposable(type);
            }

            if (step.OpCode.FlowControl is FlowControl.Branch or FlowControl.Cond_Branch or FlowControl.Throw)
            {
                return false;
            }

            above += StackEffect.Pushes(step) - pops;
            step = step.Next;
        }

        return false;
    }

    private static TypeReference? TakenAs(Instruction step, int above) => step switch
    {
        { OpCode.Code: Code.Stfld or Code.Stsfld, Operand: FieldReference field } => Given(field.FieldType, field.DeclaringType, null),
        { Operand: VariableDefinition variable } => variable.VariableType,
        { OpCode.Code: Code.Stelem_Ref or Code.Stelem_Any } => ElementOf(step),
        { Operand: MethodReference called } when above < called.Parameters.Count
            => Given(called.Parameters[called.Parameters.Count - 1 - above].ParameterType, called.DeclaringType, called as GenericInstanceMethod),
        _ => null,
    };

    // The array was made just before, and is copied for each element.
    private static TypeReference? ElementOf(Instruction store)
    {
        Instruction? array = LockNames.ProducerOf(store, 2);
        while (array is { OpCode.Code: Code.Dup })
        {
            array = LockNames.ProducerOf(array, 0);
        }

        return array is { OpCode.Code: Code.Newarr, Operand: TypeReference element } ? element : null;
    }

    private static TypeReference? Given(TypeReference type, TypeReference owner, GenericInstanceMethod? method) => type switch
    {
        GenericParameter { Type: GenericParameterType.Method } parameter => method?.GenericArguments[parameter.Position],
        GenericParameter parameter => owner is GenericInstanceType instance ? instance.GenericArguments[parameter.Position] : null,
        _ => type,
    };

    private static bool IsDisposable(TypeReference type) => type.FullName is "System.IDisposable" or "System.IAsyncDisposable";
}
