// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Instrumentation;

/// <summary>The methods in which a call is replaced.</summary>
internal enum CallPlace
{
    Anywhere = 0,

    /// <summary>In the state machine of an asynchronous method, where an awaited result is already complete.</summary>
    StateMachine = 1,

    /// <summary>In all other methods, where the caller may block.</summary>
    Blocking = 2,
}

/// <summary>
/// Read by the rewriter: a call of a method of the named type becomes a call of the method with the same name here. The receiver is the
/// first argument (by reference if it is a structure) and, if the last parameter is a <see cref="LockCallSite"/>, the site of the call is
/// the last one. <c>New</c> replaces a constructor.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ReplacesAttribute(string typeName, CallPlace place = CallPlace.Anywhere) : Attribute
{
    /// <summary>The full name of the type as in metadata, with nested types after a slash.</summary>
    public string TypeName { get; } = typeName;

    public CallPlace Place { get; } = place;
}
