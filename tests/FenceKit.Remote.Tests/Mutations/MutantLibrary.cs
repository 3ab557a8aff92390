// SPDX-License-Identifier: MIT
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FenceKit.Remote.Tests.Mutations;

/// <summary>The library and the scenes, compiled from their text once more, with one rule left out.</summary>
internal static class MutantLibrary
{
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.CSharp14);
    private static readonly Lazy<IReadOnlyDictionary<string, SyntaxTree>> s_sources = new(ReadSources);
    private static readonly Lazy<MetadataReference[]> s_references = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            // The other one is there under fencekit-lockdep, and has the validator's types once more.
            .Where(file => !Path.GetFileName(file).StartsWith("FenceKit.Remote", StringComparison.Ordinal) && Path.GetFileName(file) != "FenceKit.Lockdep.Runtime.dll")
            .Select(file => MetadataReference.CreateFromFile(file))]);

    private static string Root { get; } = FenceKit.Tests.Repository.Root;

    /// <summary>Runs a scene against the library with a mutation, or as it is.</summary>
    /// <returns>What broke; null when nothing did.</returns>
    internal static Exception? Run(string scene, Mutation? mutation)
    {
        Assembly assembly = Compile(mutation);
        MethodInfo run = assembly.GetType("FenceKit.Remote.Scenes.AllScenes")!.GetMethod("Run", BindingFlags.Static | BindingFlags.NonPublic)!;
        try
        {
            run.CreateDelegate<Action<string>>()(scene);
            return null;
        }
        catch (Exception broken)
        {
            return broken;
        }
    }

    private static Assembly Compile(Mutation? mutation)
    {
        Dictionary<string, SyntaxTree> trees = new(s_sources.Value);
        if (mutation is not null)
        {
            string path = $"src/FenceKit.Remote/{mutation.File}";
            string text = trees[path].ToString();
            int first = text.IndexOf(mutation.Text, StringComparison.Ordinal);
            Assert.True(first >= 0, $"{path} does not say any more what the mutation replaces: {mutation.Text}");
            Assert.True(text.IndexOf(mutation.Text, first + 1, StringComparison.Ordinal) < 0, $"{path} says twice what the mutation replaces: {mutation.Text}");
            trees[path] = CSharpSyntaxTree.ParseText(text.Replace(mutation.Text, mutation.Instead, StringComparison.Ordinal), s_parse, path);
        }

        CSharpCompilation compilation = CSharpCompilation.Create(
            $"Mutant{Guid.NewGuid():n}", trees.Values, s_references.Value,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        using MemoryStream image = new();
        Microsoft.CodeAnalysis.Emit.EmitResult result = compilation.Emit(image);
        Assert.True(result.Success, string.Join(Environment.NewLine, result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        image.Position = 0;
        return new AssemblyLoadContext(compilation.AssemblyName, isCollectible: true).LoadFromStream(image);
    }

    private static Dictionary<string, SyntaxTree> ReadSources()
    {
        Dictionary<string, SyntaxTree> trees = ((string[])["src/FenceKit.Remote", "tests/FenceKit.Remote.Tests/Scenes"])
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .ToDictionary(file => file, file => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(Root, file)), s_parse, file));
        trees.Add("Usings.cs", CSharpSyntaxTree.ParseText(Usings, s_parse));
        return trees;
    }
}
