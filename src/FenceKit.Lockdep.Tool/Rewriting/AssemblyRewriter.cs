// SPDX-License-Identifier: MIT
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Creates a rewritten copy of an assembly, in which locks report to the validator. The original is only read. Thread safe.
/// </summary>
internal sealed class AssemblyRewriter : IDisposable
{
    private const int AsyncMethod = 0x2000; // the runtime itself implements the asynchronous method, so there is no state machine
    private readonly string _runtimePath;
    private readonly ThreadLocal<CallTable> _table; // Cecil reads lazily, so each thread has one
    private readonly string[] _folders;

    /// <summary>Creates a rewriter.</summary>
    /// <param name="runtimePath">The runtime assembly.</param>
    /// <param name="folders">Further folders with referenced assemblies.</param>
    public AssemblyRewriter(string runtimePath, params string[] folders)
    {
        _runtimePath = runtimePath;
        _folders = folders;
        _table = new ThreadLocal<CallTable>(() => CallTable.Read(_runtimePath), trackAllValues: true);
    }

    /// <summary>Rewrites a file.</summary>
    /// <param name="path">The original.</param>
    /// <param name="output">The path of the new file; it exists afterwards only if the result says so.</param>
    /// <exception cref="IOException">The new file cannot be written; that is independent of the assembly.</exception>
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

        // A problem with one assembly does not stop the run, which continues without the assembly and reports it.
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
            // The native code is dropped, and its machine type may be one that no loader knows.
            module.Architecture = TargetArchitecture.I386;
            module.Attributes = (module.Attributes | ModuleAttributes.ILOnly) & ~(ModuleAttributes)4;
        }

        module.Attributes &= ~ModuleAttributes.StrongNameSigned; // .NET does not verify it; the public key stays, because references compare it
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
            // The symbols are of another build or format: places are then methods and offsets.
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

    // Derived exceptions are about the assembly: a missing reference, a truncated file.
    private static bool IsOfTheDisk(Exception exception) => exception.GetType() == typeof(IOException) || exception is UnauthorizedAccessException;

    private static void DeletePartial(string output)
    {
        File.Delete(output);
        File.Delete(Path.ChangeExtension(output, ".pdb"));
    }

    internal static bool IsRuntimeAsync(MethodDefinition method) => ((int)method.ImplAttributes & AsyncMethod) != 0;
}
