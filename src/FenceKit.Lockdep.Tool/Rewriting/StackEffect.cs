// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>The number of values that an instruction pops and pushes.</summary>
internal static class StackEffect
{
    public static int Pushes(Instruction instruction)
    {
        if (instruction.Operand is IMethodSignature method && instruction.OpCode.FlowControl == FlowControl.Call)
        {
            return instruction.OpCode.Code == Code.Newobj || method.ReturnType.MetadataType != MetadataType.Void ? 1 : 0;
        }

        return instruction.OpCode.StackBehaviourPush switch
        {
            StackBehaviour.Push0 => 0,
            StackBehaviour.Push1_push1 => 2,
            _ => 1,
        };
    }

    public static int Pops(Instruction instruction)
    {
        if (instruction.Operand is IMethodSignature method && instruction.OpCode.FlowControl == FlowControl.Call)
        {
            bool hasReceiver = method.HasThis && instruction.OpCode.Code != Code.Newobj;
            return method.Parameters.Count + (hasReceiver ? 1 : 0) + (instruction.OpCode.Code == Code.Calli ? 1 : 0);
        }

        return instruction.OpCode.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Popi_popi_popi or StackBehaviour.Popref_popi_popi or StackBehaviour.Popref_popi_popi8
                or StackBehaviour.Popref_popi_popr4 or StackBehaviour.Popref_popi_popr8 or StackBehaviour.Popref_popi_popref => 3,
            StackBehaviour.PopAll or StackBehaviour.Varpop => 0,
            _ => 2,
        };
    }
}
