// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>Makes a new file of an assembly, in which locks report to the validator. The original is only read. Thread safe.</summary>
internal sealed class AssemblyRewriter : IDisposable
{
    private const int AsyncMethod = 0x2000; // compiled to an asynchronous method by the runtime itself: there is no state machine to look at
    private readonly string _runtimePath;
    private readonly ThreadLocal<CallTable> _table; // Cecil reads lazily, so each thread has one
    private readonly string[] _folders;

    /// <summary>Makes a rewriter.</summary>
    /// <param name="runtimePath">The runtime assembly.</param>
    /// <param name="folders">Where else assemblies may be that others refer to.</param>
    public AssemblyRewriter(string runtimePath, params string[] folders)
    {
        _runtimePath = runtimePath;
        _folders = folders;
        _table = new ThreadLocal<CallTable>(() => CallTable.Read(_runtimePath), trackAllValues: true);
    }

    /// <summary>Rewrites a file.</summary>
    /// <param name="path">The original.</param>
    /// <param name="output">Where the new one goes; nothing is there afterwards unless the result says so.</param>
    /// <exception cref="IOException">The new file cannot be written, which says nothing about the assembly.</exception>
    public RewriteResult Rewrite(string path, string output)
    {
        ImageKind kind;
        try
        {
            kind = AssemblyImage.KindOf(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new RewriteResult(RewriteState.LeftAlone, Reason: exception.Message);
        }

        if (kind is ImageKind.NotManaged or ImageKind.Mixed)
        {
            return kind == ImageKind.NotManaged
                ? new RewriteResult(RewriteState.NotManaged)
                : new RewriteResult(RewriteState.LeftAlone, Reason: "it has native code of its own (C++/CLI)");
        }

        // Whatever is wrong with an assembly is its own affair: the run goes on without it, and says so.
#pragma warning disable CA1031
        try
        {
            return RewriteManaged(path, output, kind);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !IsOfTheDisk(exception))
        {
            DeletePartial(output);
            return new RewriteResult(RewriteState.LeftAlone, Reason: $"it cannot be rewritten: {exception.GetType().Name}: {exception.Message}");
        }
#pragma warning restore CA1031
    }

    public void Dispose()
    {
        foreach (CallTable table in _table.Values)
        {
            table.Dispose();
        }

        _table.Dispose();
    }

    private RewriteResult RewriteManaged(string path, string output, ImageKind kind)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(path));
        foreach (string folder in _folders)
        {
            resolver.AddSearchDirectory(folder);
        }

        using ModuleDefinition module = Read(path, resolver);
        if (module.AssemblyReferences.Any(static reference => reference.Name == CallTable.RuntimeName))
        {
            return new RewriteResult(RewriteState.LeftAlone, Reason: "it is rewritten already");
        }

        if (module.Assembly is null || module.Assembly.CustomAttributes.Any(static attribute => attribute.AttributeType.Name == "ReferenceAssemblyAttribute"))
        {
            return new RewriteResult(RewriteState.LeftAlone, Reason: module.Assembly is null ? "it is a module without an assembly" : "it is a reference assembly, which has no code");
        }

        var rewriter = new ModuleRewriter(module, _table.Value!);
        rewriter.Rewrite();
        if (rewriter.Calls == 0)
        {
            return new RewriteResult(RewriteState.NothingToDo, Unseen: rewriter.Unseen);
        }

        if (kind == ImageKind.ReadyToRun)
        {
            // The native code is gone, and the machine that it was for may be one that no loader knows.
            module.Architecture = TargetArchitecture.I386;
            module.Attributes = (module.Attributes | ModuleAttributes.ILOnly) & ~(ModuleAttributes)4;
        }

        module.Attributes &= ~ModuleAttributes.StrongNameSigned; // not verified by .NET; the public key stays, for references compare it
        Write(module, output);
        return new RewriteResult(RewriteState.Rewritten, rewriter.Calls, Unseen: rewriter.Unseen);
    }

    private static ModuleDefinition Read(string path, IAssemblyResolver resolver)
    {
        try
        {
            return ModuleDefinition.ReadModule(path, new ReaderParameters
            {
                InMemory = true,
                AssemblyResolver = resolver,
                ReadSymbols = true,
                SymbolReaderProvider = new DefaultSymbolReaderProvider(throwIfNoSymbol: false),
            });
        }
        catch (Exception exception) when (exception is IOException or SymbolsNotMatchingException or InvalidOperationException or NotSupportedException or FormatException)
        {
            // Symbols of another build, or of another kind: places are then methods and offsets.
            return ModuleDefinition.ReadModule(path, new ReaderParameters { InMemory = true, AssemblyResolver = resolver });
        }
    }

    private static void Write(ModuleDefinition module, string output)
    {
        ISymbolWriterProvider? symbols = module.SymbolReader switch
        {
            EmbeddedPortablePdbReader => new EmbeddedPortablePdbWriterProvider(),
            PortablePdbReader => new PortablePdbWriterProvider(),
            _ => null,
        };
        module.Write(output, new WriterParameters { WriteSymbols = symbols is not null, SymbolWriterProvider = symbols });
    }

    // Those that derive from it are about the assembly: a reference that is not found, a file that ends too early.
    private static bool IsOfTheDisk(Exception exception) => exception.GetType() == typeof(IOException) || exception is UnauthorizedAccessException;

    private static void DeletePartial(string output)
    {
        File.Delete(output);
        File.Delete(Path.ChangeExtension(output, ".pdb"));
    }

    internal static bool IsRuntimeAsync(MethodDefinition method) => ((int)method.ImplAttributes & AsyncMethod) != 0;
}
