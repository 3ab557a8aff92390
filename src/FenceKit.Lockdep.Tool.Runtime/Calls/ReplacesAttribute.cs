// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Instrumentation;

/// <summary>In which methods a call is replaced.</summary>
internal enum CallPlace
{
    Anywhere = 0,

    /// <summary>In what the compiler made of an asynchronous method: what is asked for there is over.</summary>
    StateMachine = 1,

    /// <summary>Everywhere else: the caller waits.</summary>
    Blocking = 2,
}

/// <summary>
/// The rewriter reads this: a call of a method of the type becomes a call of the method of the same name here, with the receiver as the first argument (by reference if
/// it is a structure) and, if the last parameter is a <see cref="LockCallSite"/>, with its site behind the others. <c>New</c> stands for a constructor.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReplacesAttribute(string typeName, CallPlace place = CallPlace.Anywhere) : Attribute
{
    /// <summary>The full name of the type as metadata has it, nested ones behind a slash.</summary>
    public string TypeName { get; } = typeName;

    public CallPlace Place { get; } = place;
}
