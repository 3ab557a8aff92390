// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Rewrites the state machine of an asynchronous method that can be waited for: it announces when the method continues after an await and,
/// before other code is notified, when the method ends or awaits.
/// </summary>
/// <param name="owner">The module.</param>
/// <param name="method">The method of the state machine.</param>
internal sealed class AsyncBody(ModuleRewriter owner, MethodDefinition method)
{
    private const string Namespace = "System.Runtime.CompilerServices.";
    private const string StateName = "<>1__state";

    /// <summary>Whether a method is such a state machine.</summary>
    public static bool IsOne(MethodDefinition method) =>
        ModuleRewriter.IsStateMachine(method)
        && !IsOfFramework(method.Module)
        // Only the runtime waits for the entry point.
        && !method.DeclaringType.Name.StartsWith("<<Main>$>", StringComparison.Ordinal) && !method.DeclaringType.Name.StartsWith("<Main>", StringComparison.Ordinal)
        && method.DeclaringType.Fields.Any(static field => field.Name == StateName)
        && method.DeclaringType.Fields.Any(static field => field.Name == "<>t__builder" && IsBuilder(field.FieldType));

    public void Rewrite()
    {
        ILProcessor code = method.Body.GetILProcessor();
        Instruction first = method.Body.Instructions[0];
        var entered = new VariableDefinition(owner.Module.TypeSystem.Object);
        method.Body.Variables.Add(entered);
        foreach (Instruction call in method.Body.Instructions.Where(Ends).ToArray())
        {
            code.InsertBefore(call, Instruction.Create(OpCodes.Ldloc, entered));
            code.InsertBefore(call, Instruction.Create(OpCodes.Call, owner.Import(owner.Table.LeaveAsync)));
        }

        FieldReference state = method.DeclaringType.Fields.First(static field => field.Name == StateName);
        if (method.DeclaringType.HasGenericParameters)
        {
            var self = new GenericInstanceType(method.DeclaringType);
            foreach (GenericParameter parameter in method.DeclaringType.GenericParameters)
            {
                self.GenericArguments.Add(parameter);
            }

            state = new FieldReference(state.Name, state.FieldType, self);
        }

        FieldReference site = owner.SiteOf(method, first, method.DeclaringType.FullName.Replace('/', '+'));
        foreach (Instruction instruction in (Instruction[])[
            Instruction.Create(OpCodes.Ldarg, method.Body.ThisParameter),
            Instruction.Create(OpCodes.Ldfld, state),
            Instruction.Create(OpCodes.Ldsfld, site),
            Instruction.Create(OpCodes.Call, owner.Import(owner.Table.EnterAsync)),
            Instruction.Create(OpCodes.Stloc, entered)])
        {
            code.InsertBefore(first, instruction);
        }
    }

    private static bool Ends(Instruction instruction) =>
        instruction.OpCode.FlowControl == FlowControl.Call && instruction.Operand is MethodReference called && IsBuilder(called.DeclaringType)
        && called.Name is "SetResult" or "SetException" or "AwaitOnCompleted" or "AwaitUnsafeOnCompleted";

    private static bool IsBuilder(TypeReference type) => TypeNames.Open(type) is
        Namespace + "AsyncTaskMethodBuilder" or Namespace + "AsyncTaskMethodBuilder`1" or Namespace + "AsyncValueTaskMethodBuilder" or Namespace + "AsyncValueTaskMethodBuilder`1";

    // Asynchronous methods of the framework run as part of those of the program, which are rewritten anyway.
    private static bool IsOfFramework(ModuleDefinition module)
        => module.Assembly.Name.Name is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));
}
