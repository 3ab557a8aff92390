// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Catalog;

// A static constructor takes a lock, and somebody who holds the lock needs the type. The constructor runs once; that somebody needs the type is known from the code.
internal static class BadTypes
{
    public static readonly object Gate = new();
    public static readonly object Other = new();

    public static void Run()
    {
        _ = RunBefore.Value;
        lock (Gate)
        {
            _ = RunBefore.Value;
        }

        lock (Other)
        {
            _ = RunInside.Value;
        }

        FieldsOnly.Use();
    }
}

internal static class RunBefore
{
    static RunBefore()
    {
        lock (BadTypes.Gate)
        {
            Value = 1;
        }
    }

    public static int Value { get; }
}

// The thread that needs it has the lock already, and is let in; another one would not be.
internal static class RunInside
{
    static RunInside() => Value = Make();

    public static int Value { get; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Make()
    {
        lock (BadTypes.Other)
        {
            return 1;
        }
    }
}

internal static class FieldsOnlyGate
{
    public static readonly Lock Gate = new();
}

// No static constructor in the source: the fields are made when the first of them is needed.
internal static class FieldsOnly
{
    private static readonly object s_value = Make();

    public static void Use()
    {
        _ = s_value;
        lock (FieldsOnlyGate.Gate)
        {
            _ = s_value.GetHashCode();
        }
    }

    private static object Make()
    {
        using (FieldsOnlyGate.Gate.EnterScope())
        {
            return new object();
        }
    }
}
