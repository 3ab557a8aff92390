// SPDX-License-Identifier: MIT
using System.Globalization;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>
/// Creates a static readonly field for each site. The fields are in separate types, one for each type with sites, so that the first call
/// creates only the sites of its own type.
/// </summary>
/// <param name="module">The module that is rewritten.</param>
/// <param name="table">The replacements.</param>
internal sealed class SiteFields(ModuleDefinition module, CallTable table)
{
    private readonly MethodReference _make = module.ImportReference(table.Site);
    private readonly Dictionary<TypeDefinition, Holder> _holders = [];

    /// <summary>Adds a site.</summary>
    /// <param name="method">The method of the call.</param>
    /// <param name="instruction">The call.</param>
    /// <param name="lockName">The name of the lock, if it is known.</param>
    public FieldDefinition Add(MethodDefinition method, Instruction instruction, string? lockName)
    {
        if (!_holders.TryGetValue(method.DeclaringType, out Holder? holder))
        {
            holder = new Holder(module, _holders.Count);
            _holders.Add(method.DeclaringType, holder);
        }

        (string file, int line) = PlaceOf(method, instruction);
        string member = line == 0 ? $"{MemberNames.Of(method)}+IL_{instruction.Offset:x4}" : MemberNames.Of(method);
        return holder.Add(_make, file, line, member, lockName);
    }

    /// <summary>Completes the constructors. No more sites can be added.</summary>
    public void Complete()
    {
        foreach (Holder holder in _holders.Values)
        {
            holder.Complete();
        }
    }

    private (string File, int Line) PlaceOf(MethodDefinition method, Instruction instruction)
    {
        for (Instruction? before = instruction; before is not null; before = before.Previous)
        {
            if (method.DebugInformation.GetSequencePoint(before) is { IsHidden: false } point)
            {
                return (point.Document.Url, point.StartLine);
            }
        }

        return (module.Name, 0);
    }

    private sealed class Holder
    {
        private readonly ModuleDefinition _module;
        private readonly TypeDefinition _type;
        private readonly ILProcessor _code;
        private readonly TypeReference _fieldType;
        private int _count;

        public Holder(ModuleDefinition module, int number)
        {
            _module = module;
            const TypeAttributes Attributes = TypeAttributes.NotPublic | TypeAttributes.Abstract | TypeAttributes.Sealed | TypeAttributes.BeforeFieldInit;
            _type = new TypeDefinition("FenceKit.Lockdep.Sites", $"<Sites>{number.ToString(CultureInfo.InvariantCulture)}", Attributes, module.TypeSystem.Object);
            const MethodAttributes Constructor = MethodAttributes.Private | MethodAttributes.Static | MethodAttributes.SpecialName
                | MethodAttributes.RTSpecialName | MethodAttributes.HideBySig;
            var constructor = new MethodDefinition(".cctor", Constructor, module.TypeSystem.Void);
            _type.Methods.Add(constructor);
            _code = constructor.Body.GetILProcessor();
            module.Types.Add(_type);
            _fieldType = module.ImportReference(new TypeReference(
                "FenceKit.Lockdep.Instrumentation", "LockCallSite", null, module.AssemblyReferences.First(static reference => reference.Name == CallTable.RuntimeName)));
        }

        public FieldDefinition Add(MethodReference make, string file, int line, string member, string? lockName)
        {
            string name = _count++.ToString(CultureInfo.InvariantCulture);
            var field = new FieldDefinition(name, FieldAttributes.Assembly | FieldAttributes.Static | FieldAttributes.InitOnly, _fieldType);
            _type.Fields.Add(field);
            _code.Emit(OpCodes.Ldstr, file);
            _code.Emit(OpCodes.Ldc_I4, line);
            _code.Emit(OpCodes.Ldstr, member);
            if (lockName is null)
            {
                _code.Emit(OpCodes.Ldnull);
            }
            else
            {
                _code.Emit(OpCodes.Ldstr, lockName);
            }

            _code.Emit(OpCodes.Newobj, make);
            _code.Emit(OpCodes.Stsfld, field);
            return field;
        }

        public void Complete() => _code.Emit(OpCodes.Ret);
    }
}
