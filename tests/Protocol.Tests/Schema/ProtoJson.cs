using System.Collections;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace WhatsApp.Protocol.Tests.Schema;

/// <summary>Compares a parsed message with the JSON of proto-messages.json: same fields present, same values, nothing more.</summary>
internal static class ProtoJson
{
    /// <summary>One line per difference; empty = equal.</summary>
    public static List<string> Differences(IMessage message, JsonElement expected)
    {
        var differences = new List<string>();
        Compare(message, expected, message.Descriptor.Name, differences);
        return differences;
    }

    private static void Compare(IMessage message, JsonElement expected, string path, List<string> differences)
    {
        var named = expected.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var present = field.IsRepeated ? ((IList)field.Accessor.GetValue(message)).Count > 0 : field.Accessor.HasValue(message);
            var wanted = named.Remove(field.Name, out var json);
            var here = $"{path}.{field.Name}";
            if (present != wanted)
                differences.Add($"{here}: {(present ? "present" : "absent")}, expected {(wanted ? "present" : "absent")}");
            else if (present)
                CompareField(field, field.Accessor.GetValue(message), json, here, differences);
        }
        differences.AddRange(named.Keys.Select(name => $"{path}.{name}: not in the schema"));
    }

    private static void CompareField(FieldDescriptor field, object value, JsonElement json, string path, List<string> differences)
    {
        if (!field.IsRepeated)
        {
            CompareValue(field, value, json, path, differences);
            return;
        }
        var list = (IList)value;
        if (list.Count != json.GetArrayLength())
            differences.Add($"{path}: {list.Count} elements, expected {json.GetArrayLength()}");
        else
            for (var i = 0; i < list.Count; i++)
                CompareValue(field, list[i]!, json[i], $"{path}[{i}]", differences);
    }

    private static void CompareValue(FieldDescriptor field, object value, JsonElement json, string path, List<string> differences)
    {
        if (field.FieldType == FieldType.Message)
            Compare((IMessage)value, json, path, differences);
        else if (Text(field, value) is var actual && Text(field, json) is var wanted && actual != wanted)
            differences.Add($"{path}: {actual}, expected {wanted}");
    }

    private static string Text(FieldDescriptor field, object value) => field.FieldType switch
    {
        FieldType.Bytes => Convert.ToHexStringLower(((ByteString)value).Span),
        FieldType.Enum => Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        FieldType.Double or FieldType.Float => Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Text(FieldDescriptor field, JsonElement json) => field.FieldType switch
    {
        FieldType.Bytes => json.GetProperty("$hex").GetString()!,
        FieldType.Double or FieldType.Float => json.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        FieldType.String => json.GetString()!,
        FieldType.Bool => json.GetBoolean().ToString(),
        _ => json.GetRawText(),
    };
}
