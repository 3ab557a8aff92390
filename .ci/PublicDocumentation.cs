#!/usr/bin/env dotnet
#:property UsesFenceKitAnalyzers=false
#:property PublishAot=false
// SPDX-License-Identifier: MIT
// Takes out of an assembly's XML documentation what its users cannot see: the compiler writes down the comments of internal members too.
// dotnet run --file PublicDocumentation.cs -- ASSEMBLY XML
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

using FileStream assembly = File.OpenRead(args[0]);
using PEReader image = new(assembly);
MetadataReader metadata = image.GetMetadataReader();
Dictionary<string, bool> members = [];
foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
{
    Add(metadata.GetTypeDefinition(handle), Names.Of(metadata, handle), IsVisible(handle));
}

XDocument documentation = XDocument.Load(args[1], LoadOptions.PreserveWhitespace);
XElement[] all = [.. documentation.Descendants("member")];
XElement[] hidden = [.. all.Where(member => !IsKept(member.Attribute("name")!.Value))];
foreach (XElement member in hidden)
{
    (member.PreviousNode as XText)?.Remove(); // the end of the line before
    member.Remove();
}

documentation.Save(args[1], SaveOptions.DisableFormatting);
Console.WriteLine($"{Path.GetFileName(args[1])}: {all.Length - hidden.Length} members, {hidden.Length} internal ones left out");

bool IsKept(string name) => members.TryGetValue(name, out bool isVisible)
    ? isVisible
    : throw new InvalidOperationException($"{Path.GetFileName(args[0])} has no member {name}.");

bool IsVisible(TypeDefinitionHandle handle)
{
    TypeDefinition type = metadata.GetTypeDefinition(handle);
    return (type.Attributes & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.Public => true,
        TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(type.GetDeclaringType()),
        _ => false,
    };
}

void Add(TypeDefinition type, string name, bool isVisible)
{
    members[$"T:{name}"] = isVisible;
    foreach (FieldDefinition field in type.GetFields().Select(metadata.GetFieldDefinition))
    {
        members[$"F:{name}.{Text(field.Name)}"] = isVisible && (field.Attributes & FieldAttributes.FieldAccessMask)
            is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;
    }

    foreach (MethodDefinition method in type.GetMethods().Select(metadata.GetMethodDefinition))
    {
        MethodSignature<string> signature = method.DecodeSignature(Names.Provider, null);
        int arity = method.GetGenericParameters().Count;
        string own = Text(method.Name) + (arity > 0 ? $"``{arity}" : "") + Parameters(signature.ParameterTypes);
        members[$"M:{name}.{own}{(Text(method.Name) is "op_Implicit" or "op_Explicit" ? $"~{signature.ReturnType}" : "")}"] = isVisible && IsOpen(method);
    }

    foreach (PropertyDefinition property in type.GetProperties().Select(metadata.GetPropertyDefinition))
    {
        PropertyAccessors accessors = property.GetAccessors();
        members[$"P:{name}.{Text(property.Name)}{Parameters(property.DecodeSignature(Names.Provider, null).ParameterTypes)}"] =
            isVisible && (IsOpenAt(accessors.Getter) || IsOpenAt(accessors.Setter));
    }

    foreach (EventDefinition one in type.GetEvents().Select(metadata.GetEventDefinition))
    {
        members[$"E:{name}.{Text(one.Name)}"] = isVisible && IsOpenAt(one.GetAccessors().Adder);
    }
}

bool IsOpenAt(MethodDefinitionHandle accessor) => !accessor.IsNil && IsOpen(metadata.GetMethodDefinition(accessor));

bool IsOpen(MethodDefinition method) => (method.Attributes & MethodAttributes.MemberAccessMask)
    is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

// In the names of documentation, the dots of a constructor and of an interface that is implemented explicitly are hashes.
string Text(StringHandle handle) => metadata.GetString(handle).Replace('.', '#').Replace('<', '{').Replace('>', '}').Replace(',', '@');

string Parameters(ImmutableArray<string> types) => types.IsEmpty ? "" : $"({string.Join(',', types)})";

/// <summary>Types as documentation names them.</summary>
internal sealed class Names : ISignatureTypeProvider<string, object?>
{
    internal static Names Provider { get; } = new();

    internal static string Of(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        string name = reader.GetString(type.Name);
        return type.IsNested ? $"{Of(reader, type.GetDeclaringType())}.{name}" : Join(reader.GetString(type.Namespace), name);
    }

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Of(reader, handle);

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        TypeReference type = reader.GetTypeReference(handle);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{GetTypeFromReference(reader, (TypeReferenceHandle)type.ResolutionScope, rawTypeKind)}.{reader.GetString(type.Name)}"
            : Join(reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public string GetTypeFromSpecification(MetadataReader reader, object? context, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, context);

    public string GetPrimitiveType(PrimitiveTypeCode code) => $"System.{code}";

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> arguments)
    {
        int used = 0;
        return string.Join('.', genericType.Split('.').Select(part =>
        {
            int tick = part.IndexOf('`');
            if (tick < 0)
            {
                return part;
            }

            int count = int.Parse(part.AsSpan(tick + 1), provider: null);
            used += count;
            return $"{part[..tick]}{{{string.Join(',', arguments.Skip(used - count).Take(count))}}}";
        }));
    }

    public string GetGenericTypeParameter(object? context, int index) => $"`{index}";

    public string GetGenericMethodParameter(object? context, int index) => $"``{index}";

    public string GetArrayType(string element, ArrayShape shape) => $"{element}[{string.Join(',', Enumerable.Repeat("0:", shape.Rank))}]";

    public string GetSZArrayType(string element) => $"{element}[]";

    public string GetByReferenceType(string element) => $"{element}@";

    public string GetPointerType(string element) => $"{element}*";

    public string GetPinnedType(string element) => element;

    public string GetModifiedType(string modifier, string unmodified, bool isRequired) => unmodified;

    public string GetFunctionPointerType(MethodSignature<string> signature) => "=FUNC";

    private static string Join(string space, string name) => space.Length == 0 ? name : $"{space}.{name}";
}
