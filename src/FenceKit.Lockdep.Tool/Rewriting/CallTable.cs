// SPDX-License-Identifier: MIT
using Mono.Cecil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>The methods in which a call is replaced; the same as the enumeration of the runtime assembly.</summary>
internal enum CallPlace
{
    Anywhere = 0,
    StateMachine = 1,
    Blocking = 2,
}

/// <summary>A method of the runtime assembly that replaces another one.</summary>
/// <param name="Method">The method.</param>
/// <param name="TypeParameters">The number of its type parameters that belong to the type which declares the original.</param>
/// <param name="TakesSite">Whether the last argument is the site of the call.</param>
/// <param name="TakesOwner">Whether the argument before it is the object that contains the receiver, a structure, as a field.</param>
internal sealed record Replacement(MethodDefinition Method, int TypeParameters, bool TakesSite, bool TakesOwner);

/// <summary>The replacements for calls. They are read from the runtime assembly, so that they are declared in one place only.</summary>
internal sealed class CallTable : IDisposable
{
    public const string RuntimeName = "FenceKit.Lockdep.Runtime";
    private const string Namespace = "FenceKit.Lockdep.Instrumentation";
    private readonly ModuleDefinition _module;
    private const string Unplaced = "Unplaced"; // the suffix of a method for delegates, which have no parameter for a site
    private readonly Dictionary<(CallPlace Place, string Key), Replacement> _byKey = [];
    private readonly Dictionary<string, Replacement> _targets = new(StringComparer.Ordinal);

    private CallTable(ModuleDefinition module)
    {
        _module = module;
        Site = Constructor("LockCallSite");
        LockObject = Constructor("LockObject");
        Made = Method("AllocationCalls", "Made");
        Box = Method("RegistrationCalls", "Box");
        EnterMonitor = _module.GetType(Namespace, "MonitorCalls").Methods.First(static method => method.Name == "Enter" && method.Parameters.Count == 2);
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

    /// <summary>The constructor of a site.</summary>
    public MethodDefinition Site { get; }

    /// <summary>The constructor of a lock that carries its class.</summary>
    public MethodDefinition LockObject { get; }

    /// <summary>The method to call after a lock was created.</summary>
    public MethodDefinition Made { get; }

    /// <summary>The replacement for boxing a registration.</summary>
    public MethodDefinition Box { get; }

    public MethodDefinition EnterMonitor { get; }

    public MethodDefinition ExitMonitor { get; }

    /// <summary>The method to call at the start of an asynchronous method.</summary>
    public MethodDefinition EnterAsync { get; }

    public MethodDefinition LeaveAsync { get; }

    /// <summary>The method to call at the start of a static constructor.</summary>
    public MethodDefinition EnterType { get; }

    public MethodDefinition ExitType { get; }

    /// <summary>The method to call before code that makes the runtime run a static constructor.</summary>
    public MethodDefinition TriggerType { get; }

    /// <summary>Reads the runtime assembly.</summary>
    /// <param name="runtimePath">The path of the runtime assembly.</param>
    public static CallTable Read(string runtimePath) => new(ModuleDefinition.ReadModule(runtimePath, new ReaderParameters { InMemory = true }));

    /// <summary>Finds the replacement of a call; null if there is none.</summary>
    /// <param name="type">The type whose method is called; for a constrained call, the constraint.</param>
    /// <param name="method">The method.</param>
    /// <param name="isConstructor">Whether the call creates an object.</param>
    /// <param name="isInStateMachine">Whether the call is in the state machine of an asynchronous method.</param>
    public Replacement? Find(TypeReference type, MethodReference method, bool isConstructor, bool isInStateMachine)
    {
        string key = KeyOf(TypeNames.Open(type), isConstructor ? ".ctor" : method.Name, method.Parameters.Select(static parameter => TypeNames.Of(parameter.ParameterType, 0)));
        return _byKey.GetValueOrDefault((CallPlace.Anywhere, key))
            ?? _byKey.GetValueOrDefault((isInStateMachine ? CallPlace.StateMachine : CallPlace.Blocking, key));
    }

    /// <summary>Finds the replacement for the method of a delegate; null if there is none.</summary>
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

    private MethodDefinition Constructor(string type) => _module.GetType(Namespace, type).Methods.Single(static method => method.IsConstructor && !method.IsStatic);

    private MethodDefinition Method(string type, string name) => _module.GetType(Namespace, type).Methods.Single(method => method.Name == name);
}
