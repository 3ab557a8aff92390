// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using FenceKit.Analyzers;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FenceKit.Docs.Tests;

/// <summary>What a page shows compiles, and what it says that it prints, it prints.</summary>
public class SnippetTests
{
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.Preview);

    private static readonly Lazy<MetadataReference[]> s_references = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(file => MetadataReference.CreateFromFile(file))]);

    // The pages of the analyzers show what is wrong, too; FenceKit.Analyzers.Tests looks at them.
    private static readonly Snippet[] s_snippets =
        [.. Pages.All.Where(static page => !page.StartsWith("docs/analyzers/", StringComparison.Ordinal)).SelectMany(Snippet.On)];

    private static readonly ImmutableArray<DiagnosticAnalyzer> s_rules = [.. typeof(RuleAnalyzer).Assembly.GetTypes()
        .Where(static type => type is { IsAbstract: false } && type.IsSubclassOf(typeof(RuleAnalyzer)))
        .Select(static type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    public static TheoryData<string> Compiled => [.. s_snippets.Where(snippet => snippet.IsCompiledHere).Select(snippet => snippet.ToString())];

    public static TheoryData<string> Run => [.. s_snippets.Where(snippet => snippet.Output is not null).Select(snippet => snippet.ToString())];

    [Theory]
    [MemberData(nameof(Compiled))]
    public void A_block_of_code_compiles(string place)
    {
        Snippet snippet = Find(place);
        string[] problems = [.. Compile(snippet).GetDiagnostics().Where(IsAProblem).Select(problem => problem.ToString())];
        Assert.True(problems.Length == 0, $"{place} does not compile:\n{string.Join('\n', problems)}");
    }

    [Theory]
    [MemberData(nameof(Compiled))]
    public async Task The_rules_for_users_say_nothing_about_a_block_of_code(string place) =>
        Assert.Empty(await Compile(Find(place)).WithAnalyzers(s_rules).GetAnalyzerDiagnosticsAsync());

    [Theory]
    [MemberData(nameof(Run))]
    public async Task A_block_of_code_prints_what_the_page_says(string place)
    {
        Snippet snippet = Find(place);
        using MemoryStream image = new();
        Assert.True(Compile(snippet).Emit(image).Success);
        image.Position = 0;
        MethodInfo entry = new AssemblyLoadContext(place, isCollectible: true).LoadFromStream(image).EntryPoint!;
        TextWriter console = Console.Out;
        using StringWriter printed = new();
        Console.SetOut(printed);
        try
        {
            object?[] arguments = entry.GetParameters().Length == 0 ? [] : [Array.Empty<string>()];
            await Task.Run(() => entry.Invoke(null, arguments)).WaitAsync(s_limit);
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal(snippet.Output, string.Join(" / ", printed.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void Every_page_for_beginners_has_code_that_is_compiled()
    {
        string[] pages = ["README.md", "docs/getting-started.md", "docs/recipes.md", .. Pages.OfPackages, .. Pages.All.Where(page => page.StartsWith("docs/types/", StringComparison.Ordinal) && page != "docs/types/README.md")];
        Assert.All(pages, page => Assert.Contains(s_snippets, snippet => snippet.Page == page && snippet.IsCompiledHere));
    }

    private static Snippet Find(string place) => s_snippets.Single(snippet => snippet.ToString() == place);

    // Unused things are the point of some examples; code that treats null wrongly is of none.
    private static bool IsAProblem(Diagnostic found) =>
        found.Severity == DiagnosticSeverity.Error || found.Id.StartsWith("CS86", StringComparison.Ordinal) || found.Id is "CS0618" or "CS4014";

    /// <summary>As a program: the statements in the order of the page, then the types, wherever they stand.</summary>
    private static CSharpCompilation Compile(Snippet snippet)
    {
        CompilationUnitSyntax given = CSharpSyntaxTree.ParseText(snippet.Given, s_parse).GetCompilationUnitRoot();
        CompilationUnitSyntax shown = CSharpSyntaxTree.ParseText(snippet.Code, s_parse).GetCompilationUnitRoot();
        MemberDeclarationSyntax[] members = [.. given.Members, .. shown.Members];
        IEnumerable<MemberDeclarationSyntax> ordered = members.Where(member => member is GlobalStatementSyntax).Concat(members.Where(member => member is not GlobalStatementSyntax));
        string program = SyntaxFactory.CompilationUnit()
            .WithUsings([.. given.Usings, .. shown.Usings])
            .WithMembers([.. ordered])
            .ToFullString();
        bool isProgram = members.Any(member => member is GlobalStatementSyntax);
        return CSharpCompilation.Create(
            "Page",
            [CSharpSyntaxTree.ParseText(program, s_parse, snippet.Page), CSharpSyntaxTree.ParseText(Usings, s_parse)],
            s_references.Value,
            new CSharpCompilationOptions(
                isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }
}
