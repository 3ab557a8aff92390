// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Rewrites a static constructor that acquires locks: while it runs, other threads that need the type wait.</summary>
/// <param name="owner">The module.</param>
/// <param name="method">The static constructor.</param>
internal sealed class InitializerBody(ModuleRewriter owner, MethodDefinition method)
{
    public void Rewrite()
    {
        FieldReference site = owner.SiteOf(method, method.Body.Instructions[0], Initializers.NameOf(method.DeclaringType));
        var entered = new VariableDefinition(owner.Module.TypeSystem.Int32);
        method.Body.Variables.Add(entered);
        method.Body.InitLocals = true;
        new GuardedBody(method).Wrap(
            [Instruction.Create(OpCodes.Ldsfld, site), Instruction.Create(OpCodes.Call, owner.Import(owner.Table.EnterType)), Instruction.Create(OpCodes.Stloc, entered)],
            [Instruction.Create(OpCodes.Ldloc, entered), Instruction.Create(OpCodes.Ldsfld, site), Instruction.Create(OpCodes.Call, owner.Import(owner.Table.ExitType))]);
    }
}
