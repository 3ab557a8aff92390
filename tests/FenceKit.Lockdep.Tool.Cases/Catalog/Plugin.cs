// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Catalog;

/// <summary>Something that is loaded by its path into a context of its own, does its work, and is unloaded.</summary>
internal static class Plugin
{
    public static void Run(string path, string type)
    {
        WeakReference context = Work(Path.Combine(AppContext.BaseDirectory, path), type);
        for (int i = 0; i < 20 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Console.WriteLine($"plugin: it was run and {(context.IsAlive ? "stayed" : "is gone")}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Work(string path, string name)
    {
        var context = new AssemblyLoadContext("plugin", isCollectible: true);
        Assembly plugin = context.LoadFromAssemblyPath(path);
        Type type = plugin.GetType(name)!;
        const BindingFlags Any = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance;
        foreach (MethodInfo method in type.GetMethods(Any).Where(static method => method.Name is "Run" or "RunAsync" && method.GetParameters().Length == 0))
        {
            object? result = method.Invoke(method.IsStatic ? null : Activator.CreateInstance(type, nonPublic: true), null);
            (result as Task)?.GetAwaiter().GetResult();
        }

        context.Unload();
        return new WeakReference(context);
    }
}
