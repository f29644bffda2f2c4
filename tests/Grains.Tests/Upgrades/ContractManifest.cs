using System.Reflection;
using Orleans;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>
/// What goes over the wire between processes, one line each: members of serialized types by alias and id, values of enums, methods of grain interfaces.
/// Two versions understand each other as long as no line of the older one is missing in the newer (orleans-notes §8).
/// </summary>
internal static class ContractManifest
{
    private static readonly Assembly[] Assemblies = [typeof(CreateInstance).Assembly, typeof(Grains.Webhooks.WebhookState).Assembly];

    public static IReadOnlyList<string> Now() => [.. Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(IsOurs).SelectMany(Lines).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // What Orleans generates follows from ours.
    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("WhatsApp.", StringComparison.Ordinal) == true;

    private static IEnumerable<string> Lines(Type type)
    {
        if (type.IsInterface && typeof(IGrain).IsAssignableFrom(type))
            return type.GetMethods().Select(method => $"{NameOf(type)}.{AliasOf(method) ?? method.Name}({string.Join(", ", method.GetParameters().Select(p => NameOf(p.ParameterType)))}) : {NameOf(method.ReturnType)}");
        if (type.GetCustomAttribute<GenerateSerializerAttribute>() is null)
            return [];
        return type.IsEnum
            ? Enum.GetNames(type).Select(name => $"{NameOf(type)} {name} = {Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}")
            : [$"{NameOf(type)}", .. type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Select(member => (member, member.GetCustomAttribute<IdAttribute>()?.Id))
                .Where(pair => pair.Id is not null).Select(pair => $"{NameOf(type)} [{pair.Id}] : {NameOf(TypeOf(pair.member))}")];
    }

    private static Type TypeOf(MemberInfo member) => member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttributes<AliasAttribute>().FirstOrDefault()?.Alias;

    private static string NameOf(Type type) =>
        type.IsArray ? NameOf(type.GetElementType()!) + "[]"
        : type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : AliasOf(type) ?? type.FullName ?? type.Name;
}
