// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;

namespace Catalog;

internal static class BadMonitors
{
    public static void Run()
    {
        new Fields().Run();
        new Box<int>().Run();
        new Selves().Run();
        Types.Run();
        Locals();
        Outer outer = new();
        outer.Inner.Outer = outer;
        outer.Step();
        outer.Inner.Back();
        Statics.Step();
        Statics.Back();
        foreach (int _ in Iterator.Numbers())
        {
        }

        Iterator.Back();
    }

    private static void Locals()
    {
        object first = new(), second = new();
        Action inside = () =>
        {
            lock (second)
            {
            }
        };
        lock (first)
        {
            inside();
        }

        lock (second)
        {
            lock (first)
            {
            }
        }
    }
}

internal sealed class Fields
{
    private readonly object _one = new();
    private readonly object _two = new();

    public void Run()
    {
        lock (_one)
        {
            Monitor.Enter(_two);
            Monitor.Exit(_two);
        }

        bool isTaken = false;
        Monitor.Enter(_two, ref isTaken);
        lock (_one)
        {
        }

        Monitor.Exit(_two);
    }
}

internal sealed class Box<T>
{
    private readonly object _key = new();
    private static readonly object s_all = new();

    public void Run()
    {
        lock (_key)
        {
            lock (s_all)
            {
            }
        }

        lock (s_all)
        {
            lock (_key)
            {
            }
        }
    }
}

internal sealed class Selves
{
    private readonly List<int> _items = [];

    public void Run()
    {
        lock (this)
        {
            lock (_items)
            {
            }
        }

        lock (_items)
        {
            lock (this)
            {
            }
        }
    }
}

internal static class Types
{
    private static readonly object s_gate = new();

    public static void Run()
    {
        lock (typeof(Types))
        {
            lock (s_gate)
            {
            }
        }

        lock (s_gate)
        {
            lock (typeof(Types))
            {
            }
        }
    }
}

internal sealed class Outer
{
    public Inner Inner { get; } = new();

    [MethodImpl(MethodImplOptions.Synchronized)]
    public int Step() => Inner.Step();

    [MethodImpl(MethodImplOptions.Synchronized)]
    public void End()
    {
    }
}

internal sealed class Inner
{
    public Outer? Outer { get; set; }

    [MethodImpl(MethodImplOptions.Synchronized)]
    public int Step() => 1;

    [MethodImpl(MethodImplOptions.Synchronized)]
    public void Back() => Outer!.End();
}

internal static class Statics
{
    private static readonly object s_other = new();

    [MethodImpl(MethodImplOptions.Synchronized)]
    public static void Step()
    {
        lock (s_other)
        {
        }
    }

    public static void Back()
    {
        lock (s_other)
        {
            Empty();
        }
    }

    [MethodImpl(MethodImplOptions.Synchronized)]
    private static void Empty()
    {
    }
}

internal static class Iterator
{
    private static readonly object s_list = new();
    private static readonly object s_item = new();

    public static IEnumerable<int> Numbers()
    {
        lock (s_list)
        {
            for (int i = 0; i < 2; i++)
            {
                lock (s_item)
                {
                    yield return i;
                }
            }
        }
    }

    public static void Back()
    {
        lock (s_item)
        {
            lock (s_list)
            {
            }
        }
    }
}
