export declare class OlmMachine {}
export declare class UserId {}
export declare class DeviceId {}
export declare class RoomId {}
export declare class DeviceLists {}
export declare class EncryptionSettings {}
export declare class Attachment {}
export declare class EncryptedAttachment {}
export declare enum StoreType {
  Sled = 0,
  Sqlite = 1,
}
export declare enum RequestType {}
