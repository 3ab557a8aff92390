// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Replaces the calls of one module.</summary>
internal sealed class ModuleRewriter
{
    private readonly ModuleDefinition _module;
    private readonly CallTable _table;
    private readonly HashSet<string> _lockFields = new(StringComparer.Ordinal);
    private readonly HashSet<VariableDefinition> _lockLocals = [];
    private SiteFields? _sites;
    private Initializers _initializers = Initializers.None;

    public ModuleRewriter(ModuleDefinition module, CallTable table)
    {
        _module = module;
        _table = table;
    }

    /// <summary>The number of replaced calls.</summary>
    public int Calls { get; private set; }

    /// <summary>The number of places that could not be replaced.</summary>
    public int Unseen { get; private set; }

    public void Rewrite()
    {
        MethodDefinition[] methods = [.. _module.GetTypes().SelectMany(static type => type.Methods).Where(static method => method.HasBody)];
        _initializers = Initializers.Of(_module);
        MethodDefinition[] touched = Array.FindAll(methods, MayTouch);
        foreach (MethodDefinition method in touched)
        {
            method.Body.SimplifyMacros();
            NoteLocks(method);
        }

        foreach (MethodDefinition method in touched)
        {
            new MethodRewriter(this, method).Rewrite();
            method.Body.OptimizeMacros();
        }

        _sites?.Complete();
    }

    internal CallTable Table => _table;

    /// <summary>The static constructors that acquire locks.</summary>
    internal Initializers Initializers => _initializers;

    internal ModuleDefinition Module => _module;

    /// <summary>Whether a field or a local holds an object that is locked somewhere here.</summary>
    internal bool IsLock(object storage) => storage is FieldReference field ? _lockFields.Contains(field.FullName) : storage is VariableDefinition variable && _lockLocals.Contains(variable);

    /// <summary>The site of a call; it may be no reason to change a module that has nothing else.</summary>
    internal FieldReference SiteOf(MethodDefinition method, Instruction instruction, string? lockName, bool isReason = true)
    {
        Calls += isReason ? 1 : 0;
        if (_sites is null)
        {
            // The reference must be imported first: the name of the sites' type depends on it.
            _module.ImportReference(_table.Site);
            _sites = new SiteFields(_module, _table);
        }

        return _sites.Add(method, instruction, lockName);
    }

    internal MethodReference Import(MethodReference method) => _module.ImportReference(method);

    internal void CountCall() => Calls++;

    internal void CountUnseen() => Unseen++;

    internal Replacement? Find(MethodDefinition method, Instruction instruction)
    {
        if (instruction.OpCode.Code is not (Code.Call or Code.Callvirt or Code.Newobj) || instruction.Operand is not MethodReference called)
        {
            return null;
        }

        if (called.Name == ".ctor" && instruction.OpCode.Code != Code.Newobj)
        {
            return null; // a derived class calls its base
        }

        TypeReference type = instruction.Previous is { OpCode.Code: Code.Constrained, Operand: TypeReference constrained } ? constrained : called.DeclaringType;
        if (type.FullName is "System.IDisposable" or "System.IAsyncDisposable" && TypeOfLoaded(method, instruction.Previous) is { } known)
        {
            type = known; // a using calls by the interface
        }

        return _table.Find(type, called, instruction.OpCode.Code == Code.Newobj, IsStateMachine(method));
    }

    private static TypeReference? TypeOfLoaded(MethodDefinition method, Instruction? load) => load switch
    {
        { OpCode.Code: Code.Ldloc_0 or Code.Ldloc_1 or Code.Ldloc_2 or Code.Ldloc_3 } => method.Body.Variables[load.OpCode.Code - Code.Ldloc_0].VariableType,
        { OpCode.Code: Code.Ldloc or Code.Ldloc_S, Operand: VariableDefinition variable } => variable.VariableType,
        { OpCode.Code: Code.Ldfld or Code.Ldsfld, Operand: FieldReference field } => field.FieldType,
        _ => null,
    };

    /// <summary>Finds the replacement for the method of a delegate.</summary>
    internal Replacement? FindTarget(MethodDefinition method, Instruction instruction)
    {
        var target = (MethodReference)instruction.Operand;
        return target.DeclaringType.FullName.StartsWith("System.", StringComparison.Ordinal)
            ? _table.FindTarget(target.DeclaringType, target, IsStateMachine(method))
            : null;
    }

    internal static bool IsStateMachine(MethodDefinition method) =>
        method.Name == "MoveNext"
        && method.DeclaringType.Interfaces.Any(static face => face.InterfaceType.FullName == "System.Runtime.CompilerServices.IAsyncStateMachine");

    /// <summary>Types whose creation matters.</summary>
    internal static bool IsLockType(TypeReference type) => TypeNames.Open(type) is
        "System.Threading.Lock" or "System.Threading.ReaderWriterLockSlim" or "System.Threading.ReaderWriterLock" or "System.Threading.SemaphoreSlim" or "System.Lazy`1";

    private bool MayTouch(MethodDefinition method)
    {
        if (AssemblyRewriter.IsRuntimeAsync(method))
        {
            return false;
        }

        if (method.IsSynchronized || _initializers.Contains(method) || AsyncBody.IsOne(method))
        {
            return true;
        }

        foreach (Instruction instruction in method.Body.Instructions)
        {
            if (Find(method, instruction) is not null || _initializers.TriggeredBy(method, instruction) is not null)
            {
                return true;
            }

            switch (instruction.OpCode.Code)
            {
                case Code.Newobj when ((MethodReference)instruction.Operand).DeclaringType is var type && (type.FullName == "System.Object" || IsLockType(type)):
                case Code.Box when ((TypeReference)instruction.Operand).FullName == MethodRewriter.Registration:
                case Code.Ldftn or Code.Ldvirtftn when FindTarget(method, instruction) is not null:
                    return true;
            }
        }

        return false;
    }

    // Notes fields whose object is used as a lock in this module: an object that is created for such a field is a lock.
    private void NoteLocks(MethodDefinition method)
    {
        foreach (Instruction instruction in method.Body.Instructions)
        {
            if (instruction.OpCode.Code == Code.Call && instruction.Operand is MethodReference { DeclaringType.FullName: "System.Threading.Monitor" } called
                && called.Name is "Enter" or "TryEnter")
            {
                if (LockNames.FieldOf(instruction, called.Parameters.Count - 1) is { } field)
                {
                    _lockFields.Add(field.FullName);
                }
                else if (LockNames.ProducerOf(instruction, called.Parameters.Count - 1) is { OpCode.Code: Code.Ldloc } load)
                {
                    NoteLocal(load);
                }
            }
        }
    }

    // The compiler copies the locked object; the original local variable is the previous one.
    private void NoteLocal(Instruction load)
    {
        _lockLocals.Add((VariableDefinition)load.Operand);
        for (Instruction? before = load.Previous; before is not null; before = before.Previous)
        {
            if (before.OpCode.Code == Code.Stloc && ReferenceEquals(before.Operand, load.Operand)
                && LockNames.ProducerOf(before, 0) is { OpCode.Code: Code.Ldloc } original)
            {
                _lockLocals.Add((VariableDefinition)original.Operand);
                return;
            }
        }
    }
}
