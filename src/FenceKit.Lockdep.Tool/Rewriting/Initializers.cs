// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// The static constructors of a module that acquire a lock, directly or in methods of the module that they call. A thread that needs such a
/// type waits for the thread that runs the constructor. The instructions that need a type are known from the code; whether the constructor
/// has already run in this process does not matter.
/// </summary>
internal sealed class Initializers
{
    private const int MostSteps = 6;
    private readonly HashSet<TypeDefinition> _types;

    private Initializers(HashSet<TypeDefinition> types) => _types = types;

    public static Initializers None { get; } = new([]);

    /// <summary>The name for people.</summary>
    public static string NameOf(TypeDefinition type) => $"static constructor of {TypeNames.ForPeople(type)}";

    /// <summary>Finds such constructors.</summary>
    public static Initializers Of(ModuleDefinition module)
    {
        HashSet<TypeDefinition> types = [];
        foreach (TypeDefinition type in module.GetTypes())
        {
            if (!type.IsValueType && !type.Name.StartsWith('<') && Constructor(type) is { HasBody: true } constructor && TakesLocks(constructor, [], MostSteps))
            {
                types.Add(type);
            }
        }

        return types.Count == 0 ? None : new Initializers(types);
    }

    /// <summary>Whether a method is such a constructor.</summary>
    public bool Contains(MethodDefinition method) => _types.Count > 0 && IsConstructor(method) && _types.Contains(method.DeclaringType);

    /// <summary>Returns the type if an instruction needs such a type and may be the first to need it.</summary>
    public TypeDefinition? TriggeredBy(MethodDefinition method, Instruction instruction)
    {
        if (_types.Count == 0)
        {
            return null;
        }

        (TypeReference? needed, bool isField) = instruction.OpCode.Code switch
        {
            Code.Ldsfld or Code.Ldsflda or Code.Stsfld => (((FieldReference)instruction.Operand).DeclaringType, true),
            Code.Newobj => (((MethodReference)instruction.Operand).DeclaringType, false),
            Code.Call when instruction.Operand is MethodReference { HasThis: false } called => (called.DeclaringType, false),
            _ => (null, false),
        };
        return needed?.GetElementType() is TypeDefinition type && _types.Contains(type) && !IsConstructor(method)
            && (type.IsBeforeFieldInit ? isField : !ReferenceEquals(method.DeclaringType, type))
            ? type
            : null;
    }

    private static bool IsConstructor(MethodDefinition method) => method is { IsConstructor: true, IsStatic: true };

    private static MethodDefinition? Constructor(TypeDefinition type) => type.Methods.FirstOrDefault(IsConstructor);

    private static bool TakesLocks(MethodDefinition method, HashSet<MethodDefinition> seen, int steps)
    {
        if (steps == 0 || !method.HasBody || !seen.Add(method))
        {
            return false;
        }

        return method.IsSynchronized || method.Body.Instructions.Any(instruction =>
            instruction.OpCode.Code is Code.Call or Code.Callvirt or Code.Newobj && instruction.Operand is MethodReference called
            && (Waits(called) || (called.DeclaringType.GetElementType() is TypeDefinition && called.Resolve() is { } own && TakesLocks(own, seen, steps - 1))));
    }

    private static bool Waits(MethodReference called) => (TypeNames.Open(called.DeclaringType), called.Name) is
        ("System.Threading.Monitor", "Enter") or ("System.Threading.Lock", "Enter" or "EnterScope") or ("System.Threading.SpinLock", "Enter")
        or ("System.Threading.ReaderWriterLockSlim", "EnterReadLock" or "EnterWriteLock" or "EnterUpgradeableReadLock")
        or ("System.Threading.SemaphoreSlim", "Wait") or ("System.Threading.WaitHandle", "WaitOne") or ("System.Threading.Thread", "Join")
        or ("System.Lazy`1", "get_Value") or ("System.Threading.Tasks.Task", "Wait" or "WaitAll") or ("System.Threading.Tasks.Task`1", "get_Result")
        or ("System.Threading.ManualResetEventSlim", "Wait");
}
