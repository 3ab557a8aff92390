// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Replaces the calls in one method. The instruction itself is changed and others are inserted after it, so that branches, exception
/// handlers and sequence points still refer to the right place.
/// </summary>
/// <param name="owner">The module.</param>
/// <param name="method">The method, with its macros simplified.</param>
internal sealed class MethodRewriter(ModuleRewriter owner, MethodDefinition method)
{
    public const string Registration = "System.Threading.CancellationTokenRegistration";
    private const int MostStepsToCallback = 14;
    private readonly ILProcessor _code = method.Body.GetILProcessor();
    private bool _asksForState;

    public void Rewrite()
    {
        _asksForState = AsksForState();
        if (AsyncBody.IsOne(method))
        {
            new AsyncBody(owner, method).Rewrite();
        }

        foreach (Instruction instruction in method.Body.Instructions.ToArray())
        {
            if (owner.Initializers.TriggeredBy(method, instruction) is { } type)
            {
                Announce(instruction, type);
                continue;
            }

            switch (instruction.OpCode.Code)
            {
                case Code.Call or Code.Callvirt or Code.Newobj when owner.Find(method, instruction) is { } replacement:
                    Replace(instruction, replacement);
                    break;
                case Code.Newobj:
                    RewriteAllocation(instruction, ((MethodReference)instruction.Operand).DeclaringType);
                    break;
                case Code.Box when ((TypeReference)instruction.Operand).FullName == Registration && HandedOn.IsAsDisposable(method, instruction):
                    ReplaceWithSite(instruction, owner.Import(owner.Table.Box), null);
                    break;
                case Code.Ldftn or Code.Ldvirtftn when owner.FindTarget(method, instruction) is { } replacement:
                    ReplaceTarget(instruction, replacement);
                    break;
            }
        }

        if (method.IsSynchronized)
        {
            new SynchronizedBody(owner, method).Rewrite();
        }

        if (owner.Initializers.Contains(method))
        {
            new InitializerBody(owner, method).Rewrite();
        }
    }

    // Code that checks whether a task has ended may know that it has when it reads the result; so does a continuation, which is passed a
    // completed task.
    private bool AsksForState() =>
        (method.Name.Contains(">b__", StringComparison.Ordinal)
            && method.Parameters.Any(static parameter => TypeNames.Open(parameter.ParameterType) is "System.Threading.Tasks.Task" or "System.Threading.Tasks.Task`1"))
        || method.Body.Instructions.Any(static instruction =>
        instruction.OpCode.FlowControl == FlowControl.Call && instruction.Operand is MethodReference called
        && (called.Name.StartsWith("get_IsCompleted", StringComparison.Ordinal) || called.Name is "get_Status" or "get_IsFaulted" or "get_IsCanceled" or "WhenAny" or "WaitAny")
        && called.DeclaringType.FullName.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal));

    // The announcement is placed before the instruction that makes the runtime run a static constructor. Branches to that instruction now
    // lead to the announcement.
    private void Announce(Instruction instruction, TypeDefinition type)
    {
        Instruction first = instruction;
        while (first.Previous is { OpCode.OpCodeType: OpCodeType.Prefix } prefix)
        {
            first = prefix;
        }

        Instruction copy = Instruction.Create(OpCodes.Nop);
        copy.OpCode = first.OpCode;
        copy.Operand = first.Operand;
        ReplaceWithSite(first, owner.Import(owner.Table.TriggerType), Initializers.NameOf(type));
        _code.InsertAfter(first.Next, copy);
    }

    private void Replace(Instruction instruction, Replacement replacement)
    {
        var called = (MethodReference)instruction.Operand;
        IReadOnlyList<Instruction>? ownerOf = replacement.TakesOwner ? OwnerOf(instruction, called) : [];
        if (ownerOf is null)
        {
            owner.CountUnseen();
            return;
        }

        MethodReference target = Instantiate(replacement, called, instruction);
        string? name = replacement.TakesSite ? NameFor(instruction, called) : null;
        for (Instruction? prefix = instruction.Previous; prefix is { OpCode.OpCodeType: OpCodeType.Prefix }; prefix = prefix.Previous)
        {
            prefix.OpCode = OpCodes.Nop; // a tail call would lose the frame, and the new signature replaces a constraint
            prefix.Operand = null;
        }

        if (replacement.TakesSite)
        {
            ReplaceWithSite(instruction, target, name);
            foreach (Instruction step in ownerOf)
            {
                Insert(instruction, step);
            }
        }
        else
        {
            instruction.OpCode = OpCodes.Call;
            instruction.Operand = target;
            owner.CountCall();
        }
    }

    // A delegate of a lock's method becomes a delegate of the replacement, which takes the lock as its first argument. A replacement that
    // needs a site cannot be used by a delegate, so acquisitions through it are not seen.
    private void ReplaceTarget(Instruction instruction, Replacement replacement)
    {
        var called = (MethodReference)instruction.Operand;
        if (replacement.TakesSite || called.DeclaringType.IsValueType)
        {
            owner.CountUnseen();
            return;
        }

        MethodReference target = Instantiate(replacement, called, instruction);
        owner.CountCall();
        if (instruction.OpCode.Code == Code.Ldvirtftn)
        {
            instruction.OpCode = OpCodes.Pop;
            instruction.Operand = null;
            _code.InsertAfter(instruction, Instruction.Create(OpCodes.Ldftn, target));
        }
        else
        {
            instruction.Operand = target;
        }
    }

    private void ReplaceWithSite(Instruction instruction, MethodReference target, string? name)
    {
        FieldReference site = owner.SiteOf(method, instruction, name);
        instruction.OpCode = OpCodes.Ldsfld;
        instruction.Operand = site;
        _code.InsertAfter(instruction, Instruction.Create(OpCodes.Call, target));
    }

    // Inserted before the instruction that loads the site, which stays the target of branches.
    private void Insert(Instruction load, Instruction step)
    {
        Instruction site = Instruction.Create(OpCodes.Nop);
        site.OpCode = load.OpCode;
        site.Operand = load.Operand;
        load.OpCode = step.OpCode;
        load.Operand = step.Operand;
        _code.InsertAfter(load, site);
    }

    // Repeats the instructions that load the object whose field is the receiver, if loading it twice has no effect. The last instruction
    // comes first. Null if that is not clear.
    private List<Instruction>? OwnerOf(Instruction call, MethodReference called)
    {
        Instruction? producer = LockNames.ProducerOf(call, called.Parameters.Count);
        if (producer is { OpCode.Code: Code.Ldsflda })
        {
            return [Instruction.Create(OpCodes.Ldnull)];
        }

        while (producer is { OpCode.Code: Code.Ldflda } && LockNames.ProducerOf(producer, 0) is { } from)
        {
            producer = from;
        }

        List<Instruction> steps = [];
        for (; producer is not null; producer = LockNames.ProducerOf(producer, 0))
        {
            steps.Add(producer);
            switch (producer.OpCode.Code)
            {
                case Code.Ldsfld:
                case Code.Ldloc when !((VariableDefinition)producer.Operand).VariableType.IsByReference:
                case Code.Ldarg when ((ParameterDefinition)producer.Operand) is { ParameterType.IsByReference: false } parameter && !(parameter.Index < 0 && method.DeclaringType.IsValueType):
                    return steps.Count == 0 || steps[0].OpCode.Code is Code.Ldflda ? null : steps;
                case Code.Ldarg when steps.Count > 1:
                    return steps; // a field of a structure, such as a state machine, that contains the object
                case Code.Ldfld:
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private MethodReference Instantiate(Replacement replacement, MethodReference called, Instruction instruction)
    {
        MethodReference target = owner.Import(replacement.Method);
        if (!replacement.Method.HasGenericParameters)
        {
            return target;
        }

        var instance = new GenericInstanceMethod(target);
        TypeReference type = instruction.Previous is { OpCode.Code: Code.Constrained, Operand: TypeReference constrained } ? constrained : called.DeclaringType;
        foreach (TypeReference argument in type is GenericInstanceType generic ? generic.GenericArguments : [])
        {
            instance.GenericArguments.Add(argument);
        }

        foreach (TypeReference argument in called is GenericInstanceMethod genericMethod ? genericMethod.GenericArguments : [])
        {
            instance.GenericArguments.Add(argument);
        }

        return instance;
    }

    /// <summary>The name of the lock of a call; for a created object, the name of its destination.</summary>
    private string? NameFor(Instruction instruction, MethodReference called)
    {
        if (instruction.OpCode.Code == Code.Newobj)
        {
            return called.DeclaringType.FullName == "System.Threading.Timer" ? NameOfCallback(instruction) : NameOfMade(instruction, called.DeclaringType);
        }

        return called.DeclaringType.FullName switch
        {
            "System.Threading.CancellationTokenSource" or "System.Threading.Channels.Channel" => NameOfMade(instruction, called.DeclaringType),
            "System.Threading.CancellationToken" => NameOfCallback(instruction),
            "System.Threading.CancellationTokenRegistration" => null,
            _ when called.DeclaringType.FullName.StartsWith("System.Runtime.CompilerServices.", StringComparison.Ordinal)
                || called.DeclaringType.FullName.StartsWith("System.Threading.Tasks.", StringComparison.Ordinal) => _asksForState ? "asked before" : null,
            _ => LockNames.Of(method, instruction, called.Parameters.Count - (called.HasThis ? 0 : 1)),
        };
    }

    // The method of the delegate is loaded a few instructions before the call, even if the compiler caches the delegate.
    private string NameOfCallback(Instruction call)
    {
        int others = ((MethodReference)call.Operand).Parameters.Count - 1;
        bool isGiven = LockNames.ProducerOf(call, others) is { OpCode.Code: Code.Ldarg or Code.Ldfld or Code.Ldloc or Code.Call or Code.Callvirt }; // and has its name at run time
        Instruction? before = isGiven ? null : call.Previous;
        for (int i = 0; i < MostStepsToCallback && before is not null; i++, before = before.Previous)
        {
            if (before.OpCode.Code is Code.Ldftn or Code.Ldvirtftn)
            {
                var callback = (MethodReference)before.Operand;
                return $"callback {(callback is MethodDefinition own ? MemberNames.Of(own) : $"{TypeNames.ForPeople(callback.DeclaringType)}.{callback.Name}")}";
            }
        }

        return $"a callback of {MemberNames.Of(method)}";
    }

    private string NameOfMade(Instruction instruction, TypeReference type) => instruction.Next switch
    {
        { OpCode.Code: Code.Stfld or Code.Stsfld } store => TypeNames.ForPeople((FieldReference)store.Operand),
        { OpCode.Code: Code.Stloc } store => LockNames.NameOfLocal(method, (VariableDefinition)store.Operand),
        _ => $"{TypeNames.ForPeople(type)} in {MemberNames.Of(method)}",
    };

    private void RewriteAllocation(Instruction instruction, TypeReference type)
    {
        if (type.FullName == "System.Object" && MayBeLocked(instruction.Next))
        {
            FieldReference site = owner.SiteOf(method, instruction, NameOfMade(instruction, type), isReason: owner.IsLock(instruction.Next.Operand));
            instruction.OpCode = OpCodes.Ldsfld;
            instruction.Operand = site;
            _code.InsertAfter(instruction, Instruction.Create(OpCodes.Newobj, owner.Import(owner.Table.LockObject)));
        }
        else if (ModuleRewriter.IsLockType(type))
        {
            FieldReference site = owner.SiteOf(method, instruction, NameOfMade(instruction, type));
            Instruction load = Instruction.Create(OpCodes.Ldsfld, site);
            Instruction copy = Instruction.Create(OpCodes.Dup);
            _code.InsertAfter(instruction, copy);
            _code.InsertAfter(copy, load);
            _code.InsertAfter(load, Instruction.Create(OpCodes.Call, owner.Import(owner.Table.Made)));
        }
    }

    // That of a field also where nothing here locks it: it may be given to a method that does, which does not know what it is given.
    private bool MayBeLocked(Instruction? next) => next switch
    {
        { OpCode.Code: Code.Stfld or Code.Stsfld, Operand: FieldReference field } => field.FieldType.FullName == "System.Object",
        { OpCode.Code: Code.Stloc, Operand: VariableDefinition variable } => variable.VariableType.FullName == "System.Object" && owner.IsLock(variable),
        _ => false,
    };
}
