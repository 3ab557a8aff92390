// SPDX-License-Identifier: MIT
using Mono.Cecil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>In which methods a call is replaced; the same as the enumeration of the runtime assembly.</summary>
internal enum CallPlace
{
    Anywhere = 0,
    StateMachine = 1,
    Blocking = 2,
}

/// <summary>A method of the runtime assembly that stands for another.</summary>
/// <param name="Method">The method.</param>
/// <param name="TypeParameters">How many of its type parameters are those of the type that declares the original.</param>
/// <param name="TakesSite">Whether the last argument is the site of the call.</param>
/// <param name="TakesOwner">Whether the one before is the object that the receiver, a structure, is a field of.</param>
internal sealed record Replacement(MethodDefinition Method, int TypeParameters, bool TakesSite, bool TakesOwner);

/// <summary>Which calls become which: read from the runtime assembly, so that what is replaced is said in one place only.</summary>
internal sealed class CallTable : IDisposable
{
    public const string RuntimeName = "FenceKit.Lockdep.Runtime";
    private const string Room = "FenceKit.Lockdep.Instrumentation";
    private readonly ModuleDefinition _module;
    private const string Unplaced = "Unplaced"; // at the end of the name of one that stands for a delegate, which has no room for a site
    private readonly Dictionary<(CallPlace Place, string Key), Replacement> _byKey = [];
    private readonly Dictionary<string, Replacement> _targets = new(StringComparer.Ordinal);

    private CallTable(ModuleDefinition module)
    {
        _module = module;
        Site = Constructor("LockCallSite");
        LockObject = Constructor("LockObject");
        Made = Method("AllocationCalls", "Made");
        Box = Method("RegistrationCalls", "Box");
        EnterMonitor = _module.GetType(Room, "MonitorCalls").Methods.First(static method => method.Name == "Enter" && method.Parameters.Count == 2);
        ExitMonitor = Method("MonitorCalls", "Exit");
        EnterAsync = Method("AsyncCalls", "Enter");
        LeaveAsync = Method("AsyncCalls", "Leave");
        EnterType = Method("TypeCalls", "Enter");
        ExitType = Method("TypeCalls", "Exit");
        TriggerType = Method("TypeCalls", "Trigger");
        foreach (TypeDefinition type in module.Types)
        {
            Add(type);
        }
    }

    /// <summary>Makes a site.</summary>
    public MethodDefinition Site { get; }

    /// <summary>Makes a lock that carries its class.</summary>
    public MethodDefinition LockObject { get; }

    /// <summary>Is told of a lock that has been made.</summary>
    public MethodDefinition Made { get; }

    /// <summary>Stands for boxing a registration.</summary>
    public MethodDefinition Box { get; }

    public MethodDefinition EnterMonitor { get; }

    public MethodDefinition ExitMonitor { get; }

    /// <summary>Stands at the beginning of an asynchronous method.</summary>
    public MethodDefinition EnterAsync { get; }

    public MethodDefinition LeaveAsync { get; }

    /// <summary>Stands at the beginning of a static constructor.</summary>
    public MethodDefinition EnterType { get; }

    public MethodDefinition ExitType { get; }

    /// <summary>Stands before what makes the runtime run a static constructor.</summary>
    public MethodDefinition TriggerType { get; }

    /// <summary>Reads the runtime assembly.</summary>
    /// <param name="runtimePath">Where it is.</param>
    public static CallTable Read(string runtimePath) => new(ModuleDefinition.ReadModule(runtimePath, new ReaderParameters { InMemory = true }));

    /// <summary>What a call becomes; null if it stays.</summary>
    /// <param name="type">The type whose method is called; of a constrained call the type that it is constrained to.</param>
    /// <param name="method">The method.</param>
    /// <param name="isConstructor">Whether an object is made.</param>
    /// <param name="isInStateMachine">Whether the call stands in what the compiler made of an asynchronous method.</param>
    public Replacement? Find(TypeReference type, MethodReference method, bool isConstructor, bool isInStateMachine)
    {
        string key = KeyOf(TypeNames.Open(type), isConstructor ? ".ctor" : method.Name, method.Parameters.Select(static parameter => TypeNames.Of(parameter.ParameterType, 0)));
        return _byKey.GetValueOrDefault((CallPlace.Anywhere, key))
            ?? _byKey.GetValueOrDefault((isInStateMachine ? CallPlace.StateMachine : CallPlace.Blocking, key));
    }

    /// <summary>What a delegate of a method is made of instead; null if it stays.</summary>
    public Replacement? FindTarget(TypeReference type, MethodReference method, bool isInStateMachine)
        => _targets.GetValueOrDefault(KeyOf(TypeNames.Open(type), method.Name, method.Parameters.Select(static parameter => TypeNames.Of(parameter.ParameterType, 0))))
            ?? Find(type, method, isConstructor: false, isInStateMachine);

    public void Dispose() => _module.Dispose();

    private static string KeyOf(string type, string name, IEnumerable<string> parameters) => $"{type}::{name}({string.Join(',', parameters)})";

    private void Add(TypeDefinition type)
    {
        CustomAttribute? replaces = type.CustomAttributes.FirstOrDefault(static attribute => attribute.AttributeType.Name == "ReplacesAttribute");
        if (replaces is null)
        {
            return;
        }

        string original = (string)replaces.ConstructorArguments[0].Value;
        var place = (CallPlace)Convert.ToInt32(replaces.ConstructorArguments[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        int typeParameters = TypeNames.CountOfParameters(original);
        foreach (MethodDefinition method in type.Methods)
        {
            if (!method.IsPublic || !method.IsStatic || method.Name == "Box")
            {
                continue;
            }

            List<ParameterDefinition> parameters = [.. method.Parameters];
            bool takesSite = parameters.Count > 0 && parameters[^1].ParameterType.Name == "LockCallSite";
            if (takesSite)
            {
                parameters.RemoveAt(parameters.Count - 1);
            }

            bool takesOwner = takesSite && parameters.Count > 1 && parameters[^1].Name == "owner";
            if (takesOwner)
            {
                parameters.RemoveAt(parameters.Count - 1);
            }

            if (parameters.Count > 0 && TypeNames.Open(parameters[0].ParameterType) == original)
            {
                parameters.RemoveAt(0); // the receiver
            }

            string name = method.Name == "New" ? ".ctor" : method.Name;
            string key = KeyOf(original, name, parameters.Select(parameter => TypeNames.Of(parameter.ParameterType, typeParameters)));
            if (name.EndsWith(Unplaced, StringComparison.Ordinal))
            {
                _targets.Add(key.Replace(Unplaced, "", StringComparison.Ordinal), new Replacement(method, typeParameters, takesSite, takesOwner));
            }
            else
            {
                _byKey.Add((place, key), new Replacement(method, typeParameters, takesSite, takesOwner));
            }
        }
    }

    private MethodDefinition Constructor(string type) => _module.GetType(Room, type).Methods.Single(static method => method.IsConstructor && !method.IsStatic);

    private MethodDefinition Method(string type, string name) => _module.GetType(Room, type).Methods.Single(method => method.Name == name);
}
