// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace Catalog;

/// <summary>Something that is loaded by its path into a context of its own, does its work, and is unloaded.</summary>
internal static class Plugin
{
    public static void Run(string path)
    {
        WeakReference context = Work(Path.Combine(AppContext.BaseDirectory, path));
        for (int i = 0; i < 20 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Console.WriteLine($"plugin: it was run and {(context.IsAlive ? "stayed" : "is gone")}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Work(string path)
    {
        var context = new AssemblyLoadContext("plugin", isCollectible: true);
        Assembly plugin = context.LoadFromAssemblyPath(path);
        Type type = plugin.GetType("Catalog.Fields")!;
        type.GetMethod("Run")!.Invoke(Activator.CreateInstance(type, nonPublic: true), null);
        context.Unload();
        return new WeakReference(context);
    }
}
