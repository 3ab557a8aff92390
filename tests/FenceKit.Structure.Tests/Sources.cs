using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FenceKit.Structure.Tests;

/// <summary>The sources of the libraries, read with Roslyn: which file names which type.</summary>
internal sealed class Sources
{
    private static readonly Lazy<Sources> s_all = new(() => new Sources());

    private readonly List<SourceReference> _references = [];

    private readonly List<INamedTypeSymbol> _types = [];

    private Sources()
    {
        // The libraries are compiled from their text, lower ones first; what they take from elsewhere lies beside this test.
        List<MetadataReference> platform = [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(file => !Path.GetFileName(file).StartsWith("FenceKit", StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file))];
        CSharpCompilation lockdep = Compile("FenceKit.Lockdep", platform);
        CSharpCompilation fenceKit = Compile("FenceKit", [.. platform, lockdep.ToMetadataReference()]);
        CSharpCompilation conformance = Compile("FenceKit.Conformance", [.. platform, lockdep.ToMetadataReference(), fenceKit.ToMetadataReference()]);
        CSharpCompilation remote = Compile("FenceKit.Remote", [.. platform, lockdep.ToMetadataReference(), fenceKit.ToMetadataReference()]);
        CSharpCompilation tool = Compile("FenceKit.Lockdep.Tool", [.. platform, lockdep.ToMetadataReference()], OutputKind.ConsoleApplication);
        foreach (CSharpCompilation compilation in (CSharpCompilation[])[lockdep, fenceKit, conformance, remote, tool])
        {
            foreach (SyntaxTree tree in compilation.SyntaxTrees)
            {
                Read(compilation.GetSemanticModel(tree), tree);
            }
        }
    }

    internal static Sources All => s_all.Value;

    /// <summary>Gets each reference from one file to another, once for each type that is named.</summary>
    internal IReadOnlyList<SourceReference> References => _references;

    /// <summary>Gets the types that the libraries declare outside other types.</summary>
    internal IReadOnlyList<INamedTypeSymbol> Types => _types;

    internal static string Root { get; } = FindRoot();

    /// <summary>Returns the room of the file that bears a type's name.</summary>
    internal string RoomOf(string type) => Rooms.Of(PrimaryFile(
        _types.Find(other => other.Name == type) ?? throw new InvalidOperationException($"The type {type} is referred to, and no file declares it.")));

    internal static IEnumerable<string> FilesBelow(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(Root, "src"), file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static CSharpCompilation Compile(
        string project, IEnumerable<MetadataReference> references, OutputKind kind = OutputKind.DynamicallyLinkedLibrary)
    {
        CSharpParseOptions parse = new(LanguageVersion.Preview, DocumentationMode.Parse);
        const string Usings = """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
            global using System.Threading; global using System.Threading.Tasks;
            [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("FenceKit.Lockdep.Tool")]
            """; // the last line as in the project of the validator
        IEnumerable<SyntaxTree> trees = FilesBelow(project)
            .Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Root, "src", file)), parse, file))
            .Append(CSharpSyntaxTree.ParseText(Usings, parse, project + "/Usings.cs"));
        CSharpCompilation compilation = CSharpCompilation.Create(project, trees, references,
            new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        Diagnostic? error = compilation.GetDiagnostics().FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return error is null ? compilation : throw new InvalidOperationException($"{project} does not compile here, so nothing that is read from it would be true: {error}");
    }

    private void Read(SemanticModel model, SyntaxTree tree)
    {
        SyntaxNode root = tree.GetRoot();
        foreach (MemberDeclarationSyntax declaration in root.DescendantNodes().OfType<MemberDeclarationSyntax>())
        {
            if (declaration is not (BaseTypeDeclarationSyntax or DelegateDeclarationSyntax))
            {
                continue;
            }
            if (model.GetDeclaredSymbol(declaration) is INamedTypeSymbol { ContainingType: null } type && PrimaryFile(type) == tree.FilePath)
            {
                _types.Add(type);
            }
        }

        HashSet<SourceReference> seen = [];
        foreach (SimpleNameSyntax name in root.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is IMethodSymbol { ReducedFrom: { } extension })
            {
                symbol = extension;
            }
            symbol = symbol?.OriginalDefinition;
            if (symbol is not (INamedTypeSymbol or IMethodSymbol or IFieldSymbol or IPropertySymbol or IEventSymbol))
            {
                continue;
            }
            // The name of an element of a tuple is declared in the source, the tuple is not.
            if (symbol.DeclaringSyntaxReferences.Length == 0 || Outermost(symbol) is not { DeclaringSyntaxReferences.Length: > 0 } target)
            {
                continue;
            }
            if (name.Ancestors().OfType<BaseTypeDeclarationSyntax>().LastOrDefault() is not { } enclosing)
            {
                continue;
            }

            string file = symbol is INamedTypeSymbol ? PrimaryFile(target) : symbol.DeclaringSyntaxReferences[0].SyntaxTree.FilePath;
            SourceReference reference = new(tree.FilePath, Outermost(model.GetDeclaredSymbol(enclosing)!)!.Name, file, target.Name);
            if (file != tree.FilePath && seen.Add(reference))
            {
                _references.Add(reference);
            }
        }
    }

    private static INamedTypeSymbol? Outermost(ISymbol symbol)
    {
        INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
        while (type?.ContainingType is { } outer)
        {
            type = outer;
        }
        return type?.OriginalDefinition;
    }

    private static string PrimaryFile(INamedTypeSymbol type)
    {
        string[] files = [.. type.DeclaringSyntaxReferences.Select(reference => reference.SyntaxTree.FilePath)];
        return files.FirstOrDefault(file => Path.GetFileNameWithoutExtension(file) == type.Name) ?? files.MinBy(file => (file.Length, file))!;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "FenceKit.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }
        return folder ?? throw new InvalidOperationException("The repository's root was not found above the test's folder.");
    }
}
