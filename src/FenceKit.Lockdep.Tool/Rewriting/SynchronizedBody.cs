// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Rewrites a method with the Synchronized attribute. It contains no call to replace, because the runtime locks the object or the type
/// around it; instead its body gets a lock.
/// </summary>
/// <param name="owner">The module.</param>
/// <param name="method">The method.</param>
internal sealed class SynchronizedBody(ModuleRewriter owner, MethodDefinition method)
{
    public void Rewrite()
    {
        FieldReference site = owner.SiteOf(method, method.Body.Instructions[0], NameOfLock());
        method.ImplAttributes &= ~MethodImplAttributes.Synchronized;
        new GuardedBody(method).Wrap([.. Lock(site)], [.. Object(), Instruction.Create(OpCodes.Call, owner.Import(owner.Table.ExitMonitor))]);
    }

    private string NameOfLock() => method.IsStatic
        ? $"typeof({TypeNames.ForPeople(method.DeclaringType)})"
        : $"{TypeNames.ForPeople(method.DeclaringType)} (this)";

    private IEnumerable<Instruction> Lock(FieldReference site) =>
        [.. Object(), Instruction.Create(OpCodes.Ldsfld, site), Instruction.Create(OpCodes.Call, owner.Import(owner.Table.EnterMonitor))];

    private IEnumerable<Instruction> Object()
    {
        if (!method.IsStatic)
        {
            yield return Instruction.Create(OpCodes.Ldarg, method.Body.ThisParameter);
            yield break;
        }

        TypeReference type = method.DeclaringType;
        if (method.DeclaringType.HasGenericParameters)
        {
            var self = new GenericInstanceType(method.DeclaringType);
            foreach (GenericParameter parameter in method.DeclaringType.GenericParameters)
            {
                self.GenericArguments.Add(parameter);
            }

            type = self;
        }

        // System.Type may be in another assembly than Object; the call is resolved by its name.
        TypeReference systemType = new("System", "Type", owner.Module, owner.Module.TypeSystem.CoreLibrary);
        TypeReference handle = new("System", "RuntimeTypeHandle", owner.Module, owner.Module.TypeSystem.CoreLibrary, valueType: true);
        var ofHandle = new MethodReference("GetTypeFromHandle", systemType, systemType);
        ofHandle.Parameters.Add(new ParameterDefinition(handle));
        yield return Instruction.Create(OpCodes.Ldtoken, type);
        yield return Instruction.Create(OpCodes.Call, ofHandle);
    }
}
