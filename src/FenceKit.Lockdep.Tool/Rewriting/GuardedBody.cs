// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Wraps the body of a method in a beginning and an end; the end runs however the method is left.</summary>
/// <param name="method">The method, with its macros simplified.</param>
internal sealed class GuardedBody(MethodDefinition method)
{
    public void Wrap(Instruction[] begin, Instruction[] end)
    {
        ILProcessor code = method.Body.GetILProcessor();
        Instruction first = method.Body.Instructions[0];
        VariableDefinition? result = method.ReturnType.MetadataType == MetadataType.Void ? null : new VariableDefinition(method.ReturnType);
        if (result is not null)
        {
            method.Body.Variables.Add(result);
        }

        foreach (Instruction instruction in begin)
        {
            code.InsertBefore(first, instruction);
        }

        Instruction last = result is null ? Instruction.Create(OpCodes.Ret) : Instruction.Create(OpCodes.Ldloc, result);
        foreach (Instruction instruction in method.Body.Instructions.ToArray())
        {
            if (instruction.OpCode.Code == Code.Ret)
            {
                Leave(code, instruction, result, last);
            }
        }

        foreach (Instruction instruction in (Instruction[])[.. end, Instruction.Create(OpCodes.Endfinally), last])
        {
            code.Append(instruction);
        }

        if (result is not null)
        {
            code.Append(Instruction.Create(OpCodes.Ret));
        }

        method.Body.ExceptionHandlers.Add(new ExceptionHandler(ExceptionHandlerType.Finally)
        {
            TryStart = first,
            TryEnd = end[0],
            HandlerStart = end[0],
            HandlerEnd = last,
        });
    }

    private static void Leave(ILProcessor code, Instruction ret, VariableDefinition? result, Instruction last)
    {
        if (result is null)
        {
            ret.OpCode = OpCodes.Leave;
            ret.Operand = last;
            return;
        }

        ret.OpCode = OpCodes.Stloc;
        ret.Operand = result;
        code.InsertAfter(ret, Instruction.Create(OpCodes.Leave, last));
    }
}
